"""What stands around a program: variables that change what it does, modules, a container, CUDA."""

from __future__ import annotations

import json
import os
import re

from wrapper.recorder.measuring.hardware import container as container_here
from wrapper.recorder.sources.programs.installed import read_small
from wrapper.text.masking import mask_value

BEGINNINGS = tuple(
    "CUDA CUDNN NCCL NVIDIA_ GLOO_ UCX_ FI_ OMPI_ PMI PMIX_ MPI MASTER_ OMP_ GOMP_ KMP_ MKL_ OPENBLAS_ BLIS_"
    " NUMEXPR_ VECLIB_ SLURM_ SBATCH_ SRUN_ PBS_ LSB_ SGE_ TORCH PYTORCH_ ACCELERATE_ DEEPSPEED_ FSDP_ HF_"
    " HUGGINGFACE_ TRANSFORMERS_ DATASETS_ DIFFUSERS_ TOKENIZERS_ XLA_ JAX_ TPU_ LIBTPU_ TF_ TENSORFLOW_ KERAS_"
    " XRT_ NEURON_ HIP_ HSA_ ROCR_ ROCM_ MIOPEN_ RCCL_ TRITON_ INDUCTOR_ VLLM_ RAY_ PL_ LIGHTNING_ PYTHON CONDA_"
    " VIRTUAL_ENV UV_ POETRY_ PIPENV_ PIP_ WANDB_ MLFLOW_ LD_ SINGULARITY_ APPTAINER_ ENROOT_ KUBERNETES_ LC_"
    " HYDRA_ DVC_".split()
)
NAMES = frozenset(
    "PATH LANG LANGUAGE TZ RANK WORLD_SIZE LOCAL_RANK LOCAL_WORLD_SIZE NODE_RANK GROUP_RANK ROLE_RANK MALLOC_ARENA_MAX"
    " MALLOC_CONF CFLAGS CXXFLAGS LDFLAGS CC CXX TMPDIR GPU_DEVICE_ORDINAL DISPLAY SEED LOADEDMODULES JULIA_NUM_THREADS"
    " R_LIBS R_HOME GOMAXPROCS RAYON_NUM_THREADS GIT_COMMIT CI".split()
)
OURS = ("WANDB_METRICS_FILE", "WANDB_WRAPPED_RUN")  # They differ in each run.
MOST_VARIABLES = 500
LONGEST_VALUE = 2000
DRIVER = re.compile(rb"(?:Kernel Module|Module for \w+)\s+(\d[\d.]+)")
TORCH_CUDA = re.compile(rb"^(cuda|hip)\b[^=\n]*=\s*['\"]([\d.]+)", re.M)
TOOLKIT_FOLDERS = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT")
OF_CUDA = re.compile(r"nvidia-(cuda-runtime|cudnn|nccl|cublas)(?:-cu\d+)?")
CONTAINER_ID = re.compile(rb"(?:/docker/containers/|/libpod-|/overlay-containers/|docker-)([0-9a-f]{64})")
IMAGES = ("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "SLURM_CONTAINER_IMAGE", "ENROOT_IMAGE", "CONTAINER_IMAGE")


def variables(environ: dict[str, str]) -> dict[str, str]:
    """Those that may matter to a training, without their secrets."""
    names = sorted(name for name in environ if is_relevant(name))[:MOST_VARIABLES]
    return {name: str(mask_value(name, environ[name][:LONGEST_VALUE])) for name in names}


def masked(environ: dict[str, str]) -> list[str]:
    """The variables that had a secret in them."""
    return [name for name, value in variables(environ).items() if value != environ[name][:LONGEST_VALUE]]


def is_relevant(name: str) -> bool:
    return (name in NAMES or name.startswith(BEGINNINGS)) and name not in OURS


def modules(environ: dict[str, str]) -> list[str]:
    """The environment modules that are loaded, in the order in which they were."""
    return [word for word in environ.get("LOADEDMODULES", "").split(":") if word]


def container(environ: dict[str, str]) -> dict[str, str]:
    """The container that it runs in; nothing where it is none that can be seen."""
    kind = container_here()
    if "KUBERNETES_SERVICE_HOST" in environ or os.path.exists("/var/run/secrets/kubernetes.io"):
        kind = "kubernetes"
    elif "APPTAINER_CONTAINER" in environ or "SINGULARITY_CONTAINER" in environ:
        kind = "apptainer"
    elif "ENROOT_ROOTFS" in environ or "SLURM_CONTAINER_IMAGE" in environ:
        kind = "pyxis" if "SLURM_JOB_ID" in environ else "enroot"
    image = next((environ[name] for name in IMAGES if environ.get(name)), "")
    if not kind and not image:
        return {}
    name = environ.get("APPTAINER_NAME") or environ.get("SINGULARITY_NAME") or environ.get("POD_NAME") or ""
    facts = {"kind": kind, "image": str(mask_value("image", image)), "name": name, "id": container_id()}
    return {key: value for key, value in facts.items() if value}


def container_id() -> str:
    """The number that docker or podman gave it; "" when nothing tells."""
    for path in ("/proc/self/cgroup", "/proc/self/mountinfo"):
        found = CONTAINER_ID.search(read(path))
        if found:
            return found[1].decode()
    return ""


def cuda(environ: dict[str, str], libraries: list[str], packages: list[dict[str, str]]) -> dict[str, str]:
    """Versions of the driver, the toolkit, and what the packages bring; from files, no GPU is asked."""
    found: dict[str, str] = {}
    if driver := DRIVER.search(read("/proc/driver/nvidia/version")):
        found["driver"] = driver[1].decode()
    for folder in (*(environ.get(name, "") for name in TOOLKIT_FOLDERS), "/usr/local/cuda"):
        if folder and (version := toolkit_version(folder)):
            found["toolkit"] = version
            break
    for folder in libraries:
        if torch := TORCH_CUDA.search(read(f"{folder}/torch/version.py")):
            found[f"torch_{torch[1].decode()}"] = torch[2].decode()
            break
    for package in packages:
        if its := OF_CUDA.fullmatch(package["name"]):
            found[its[1].replace("cuda-", "")] = package["version"]
    return found


def toolkit_version(folder: str) -> str:
    """The version of a CUDA toolkit; "" when there is none."""
    try:
        facts = json.loads(read(f"{folder}/version.json"))
        return str(facts["cuda"]["version"])
    except (ValueError, KeyError, TypeError):
        return read(f"{folder}/version.txt").decode(errors="replace").removeprefix("CUDA Version").strip()


def read(path: str) -> bytes:
    """A small file; nothing when it is not there."""
    try:
        return read_small(path, 1 << 18)
    except OSError:
        return b""
