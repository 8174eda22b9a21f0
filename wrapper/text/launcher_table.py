"""How the programs that start others are told from the one that trains: a table of their options."""

from __future__ import annotations


class Launcher:
    """How a program that starts others reads what stands before the other's name.

    Options are spelt without their dashes, and with _ for -. One that stands in no list takes a value when the flags
    are listed and the values are not, and else none; `pairs` take two. `words` are a launcher's own, before the
    program: the duration of `timeout`, the image of `docker run`.
    """

    def __init__(self, flags: str = "", values: str = "", pairs: str = "", words: int = 0) -> None:
        self.flags, self.values, self.pairs = (frozenset(names.split()) for names in (flags, values, pairs))
        self.unknown_takes_value = bool(flags) and not values
        self.words = words
        self.has_environment = False  # `env A=1 python …`
        self.is_interpreter = False  # Its options say nothing of the training.
        self.has_only_arguments = False  # `cargo run -- --lr 1`: the program is not named.


def launcher(flags: str = "", values: str = "", pairs: str = "", words: int = 0) -> Launcher:
    """A row of the table."""
    return Launcher(flags, values, pairs, words)


def interpreter(values: str = "") -> Launcher:
    """One that is given a program in its own language."""
    row = Launcher(values=values)
    row.is_interpreter = True
    return row


def environment(values: str) -> Launcher:
    """One that sets variables before it starts a program."""
    row = Launcher(values=values)
    row.has_environment = True
    return row


def builder(values: str) -> Launcher:
    """One that builds a program and runs it with what follows --."""
    row = Launcher(values=values)
    row.has_only_arguments = True
    return row


TORCHRUN = launcher(flags="standalone no_python run_path use_env help h m module enable_async_output")
ACCELERATE = launcher(
    flags="m module q quiet h help cpu multi_gpu tpu ipex use_xpu use_deepspeed use_fsdp use_megatron_lm "
    "use_parallelism_config use_mps_device dynamo_use_fullgraph dynamo_use_dynamic "
    "dynamo_use_regional_compilation same_network no_python debug tpu_cluster no_tpu_cluster tpu_use_sudo "
    "downcast_bf16 standalone enable_cpu_affinity"
)
DEEPSPEED = launcher(
    flags="module no_python no_local_rank no_ssh no_ssh_check force_multi elastic_training save_pid "
    "bind_cores_to_rank h help enable_each_rank_log_stdout"
)
MPIRUN = launcher(
    values="n np c N npernode npersocket ppn host H hosts hostfile machinefile f x bind_to map_by rank_by wdir wd "
    "iface launcher rmk prefix output_filename timeout path rf rankfile genvlist envlist perhost "
    "cpus_per_proc cpus_per_rank am tune hostlist personality stdin pernode_size",
    pairs="mca gmca genv env omca pmca prtemca",
)
SRUN = launcher(
    flags="exclusive pty label l unbuffered u overlap exact overcommit O no_kill k kill_on_bad_exit K spread_job "
    "contiguous quiet Q verbose v vv vvv s oversubscribe preserve_env E disable_status X hold H immediate I "
    "multi_prog no_requeue requeue wait_all_nodes use_min_nodes interactive help reboot no_allocate Z "
    "parsable W wait"
)
SHELL = interpreter("o O init_file rcfile")
FLAGS_ONLY = launcher()
IMAGE_RUN = launcher(
    flags="rm i t it ti d init privileged P publish_all read_only no_healthcheck tty interactive detach nv rocm "
    "cleanenv e c contain containall writable_tmpfs writable fakeroot no_home compat no_mount_hostfs",
    words=1,
)
DOCKER_RUN = launcher(
    flags="rm i t it ti d init privileged P publish_all read_only no_healthcheck tty interactive detach", words=1
)
CONDA_RUN = launcher(values="n name p prefix cwd file")
UV_RUN = launcher(
    values="with with_editable with_requirements python p extra no_extra group no_group only_group package project "
    "directory env_file index index_url i extra_index_url find_links f default_index resolution config_file "
    "cache_dir w"
)
PROFILER = launcher(
    values="o output s sort r rate d duration F format outfile native_output m_ f file fps export e event t trace"
)
COVERAGE = launcher(values="rcfile source include omit data_file concurrency context")

# `conda run`: a name of two words is found before the one of one word.
LAUNCHERS: dict[str, Launcher] = {
    "torchrun": TORCHRUN,
    "accelerate launch": ACCELERATE,
    "deepspeed": DEEPSPEED,
    "colossalai run": TORCHRUN,
    "composer": TORCHRUN,
    "fabric run": TORCHRUN,
    "lightning run model": TORCHRUN,
    "horovodrun": launcher(flags="verbose gloo mpi jsrun check_build disable_cache v h help"),
    "ray job submit": launcher(flags="no_wait verbose v"),
    "mpirun": MPIRUN,
    "mpiexec": MPIRUN,
    "mpiexec.hydra": MPIRUN,
    "orterun": MPIRUN,
    "prun": MPIRUN,
    "srun": SRUN,
    "sbatch": SRUN,
    "salloc": SRUN,
    "jsrun": launcher(flags="h help"),
    "aprun": launcher(flags="h help b q B"),
    "docker run": DOCKER_RUN,
    "docker exec": DOCKER_RUN,
    "podman run": DOCKER_RUN,
    "singularity exec": IMAGE_RUN,
    "singularity run": IMAGE_RUN,
    "apptainer exec": IMAGE_RUN,
    "apptainer run": IMAGE_RUN,
    "conda run": CONDA_RUN,
    "mamba run": CONDA_RUN,
    "micromamba run": CONDA_RUN,
    "uv run": UV_RUN,
    "uvx": launcher(values="with from python p w"),
    "pipx run": launcher(values="spec python with"),
    "poetry run": FLAGS_ONLY,
    "pipenv run": FLAGS_ONLY,
    "pdm run": launcher(values="p project"),
    "hatch run": FLAGS_ONLY,
    "rye run": FLAGS_ONLY,
    "pixi run": launcher(values="e environment manifest_path"),
    "env": environment("u unset C chdir"),
    "sudo": environment("u g C h p r t U user group"),
    "nice": launcher(values="n adjustment"),
    "nohup": FLAGS_ONLY,
    "setsid": FLAGS_ONLY,
    "exec": launcher(values="a"),
    "command": FLAGS_ONLY,
    "time": launcher(values="f o format output"),
    "timeout": launcher(values="s signal k kill_after", words=1),
    "stdbuf": launcher(values="i o e input output error"),
    "ionice": launcher(values="c n p class classdata"),
    "taskset": launcher(words=1),
    "chrt": launcher(words=1),
    "flock": launcher(values="w timeout E", words=1),
    "numactl": launcher(flags="l localalloc a all show s hardware H"),
    "systemd-run": launcher(values="p u property unit slice working_directory uid gid"),
    "xvfb-run": launcher(values="n s e f p w server_args server_num error_file auth_file"),
    "unbuffer": FLAGS_ONLY,
    "catchsegv": FLAGS_ONLY,
    "strace": launcher(values="o e p s E P u a b I O S"),
    "valgrind": FLAGS_ONLY,
    "gdb": launcher(values="c ex eval_command x command"),
    "debugpy": launcher(values="listen connect log_to"),
    "perf stat": PROFILER,
    "perf record": PROFILER,
    "nsys profile": launcher(flags="h help"),
    "ncu": launcher(flags="h help f force_overwrite"),
    "py-spy record": PROFILER,
    "memray run": PROFILER,
    "kernprof": PROFILER,
    "viztracer": PROFILER,
    "scalene": FLAGS_ONLY,
    "coverage run": COVERAGE,
    "cargo run": builder("bin p package example F features target target_dir manifest_path profile j jobs"),
    "dotnet run": builder("project c configuration f framework"),
    "java": interpreter("cp classpath class_path p module_path add_modules add_opens add_exports upgrade_module_path"),
    "Rscript": interpreter(),
    "node": interpreter("r require loader import C conditions env_file"),
    "julia": interpreter("C J H L t p sysimage home load threads procs machine_file cpu_target"),
    "perl": interpreter("I"),
    "ruby": interpreter("I r C"),
    "lua": interpreter("l"),
    "luajit": interpreter("l"),
    "th": interpreter("l"),
    "php": interpreter("d c"),
    "deno run": interpreter("config c import_map"),
    "bun run": interpreter(),
    "tsx": interpreter(),
    "ts-node": interpreter("P project"),
    "go run": interpreter("tags ldflags gcflags mod exec"),
    "bash": SHELL,
    "sh": SHELL,
    "dash": SHELL,
    "zsh": SHELL,
    "ksh": SHELL,
    "fish": SHELL,
}  # fmt: skip
LONGEST_NAME = 3  # words

# What `python -m` starts.
MODULES: dict[str, str] = {
    "torch.distributed.run": "torchrun",
    "torch.distributed.launch": "torchrun",
    "paddle.distributed.launch": "torchrun",
    "oneflow.distributed.launch": "torchrun",
    "accelerate.commands.launch": "accelerate launch",
    "deepspeed.launcher.runner": "deepspeed",
    "deepspeed.launcher.launch": "deepspeed",
    "coverage": "coverage run",
    "kernprof": "kernprof",
    "line_profiler": "kernprof",
    "memory_profiler": "kernprof",
    "memray": "memray run",
    "scalene": "scalene",
    "viztracer": "viztracer",
    "cProfile": "kernprof",
    "profile": "kernprof",
    "pdb": "gdb",
    "debugpy": "debugpy",
    "torch.utils.bottleneck": "scalene",
}

# What a shell's line does besides the training.
BESIDES = frozenset(
    "cd source . export module conda set unset echo printf tee mkdir sleep ulimit true false : trap eval wait cat "
    "ls date rm cp mv ln touch chmod pip pwd hostname nvidia-smi which exit if then else fi for while do done test "
    "[ [[ grep tail head sed awk sort less".split()
)
