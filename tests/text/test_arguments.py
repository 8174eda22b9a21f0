"""What a command line says of the training: the table is the specification."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrapper.text.arguments import nest, read_arguments, read_flags

THERE = {
    "data.csv": "file", "a.csv": "file", "b.csv": "file", "conf.yaml": "file", "conf/a.toml": "file", "data": "folder",
    "out": "folder", "train.py": "file", "x.prototxt": "file", "ds.json": "file", "flags.txt": "file",
    "runs/lr=1/w.pt": "file", "model.pt": "file",
}  # fmt: skip


def find(path):
    return THERE.get(path, "")


def read(command):
    return read_arguments(shlex.split(command), find)


@pytest.mark.parametrize(
    ("words", "config"),
    [
        # an option and its value
        ("--lr 0.1", {"lr": 0.1}),
        ("--lr=0.1", {"lr": 0.1}),
        ("-b 32", {"b": 32}),
        ("-b32", {"b": 32}),
        ("-b=32", {"b": 32}),
        ("-lr 0.1", {"lr": 0.1}),
        ("-Dlr=0.1", {"lr": 0.1}),
        ("--batch-size 32 --batch_norm true", {"batch_size": 32, "batch_norm": True}),
        ("--model.depth 4 --model.block.kind=conv", {"model": {"depth": 4, "block": {"kind": "conv"}}}),
        ("--x -1 --y=-1 --z -1e-3", {"x": -1, "y": -1, "z": -0.001}),
        ("--name=", {"name": ""}),
        ("--name ''", {"name": ""}),
        ("--query a=b=c", {"query": True, "a": "b=c"}),
        ("--query=a=b", {"query": "a=b"}),
        # flags
        ("--flag", {"flag": True}),
        ("--flag --other 1", {"flag": True, "other": 1}),
        ("--no-flag", {"flag": False}),
        ("--no-flag --flag", {"flag": True}),
        ("--flag --no-flag", {"flag": False}),
        ("--no-decay bias norm", {"no_decay": ["bias", "norm"]}),
        ("--flag true", {"flag": True}),
        ("-v", {"v": True}),
        ("-vvv", {"v": 3}),
        ("-v -v", {"v": 2}),
        ("--log 5 --log", {"log": [5, True]}),
        # several values
        ("--list 1 2 3", {"list": [1, 2, 3]}),
        ("--list a --list b", {"list": ["a", "b"]}),
        ("--list 1 2 --list 3", {"list": [1, 2, 3]}),
        ("--lr 0.1 --lr=0.2", {"lr": [0.1, 0.2]}),
        ("--betas 0.9,0.999", {"betas": [0.9, 0.999]}),
        ("--names a,b", {"names": "a,b"}),
        ("--use-x false --use-x true", {"use_x": True}),
        # is the next word its value?
        ("--lr 0.1 adam", {"lr": 0.1, "args": ["adam"]}),
        ("--lr 0.1 data.csv", {"lr": 0.1, "args": ["data.csv"]}),
        ("--model resnet data.csv", {"model": "resnet", "args": ["data.csv"]}),
        ("--inputs a.csv b.csv", {"inputs": ["a.csv", "b.csv"]}),
        ("--data data.csv", {"data": "data.csv"}),
        ("--use-amp data.csv", {"use_amp": True, "args": ["data.csv"]}),
        ("--verbose train", {"verbose": True, "args": ["train"]}),
        ("--verbose 2", {"verbose": 2}),
        ("--cuda 0", {"cuda": 0}),
        ("--cuda data.csv --lr 1", {"cuda": True, "args": ["data.csv"], "lr": 1}),
        ("--stdin -", {"stdin": "-"}),
        # assignments
        ("model.depth=4", {"model": {"depth": 4}}),
        ("+trainer.x=y ++a.b=c ~key", {"trainer": {"x": "y"}, "a": {"b": "c"}, "key": None}),
        ("~db=mysql ~/file", {"db": None, "args": ["~/file"]}),
        ("lr=1 lr=2", {"lr": 2}),
        ("--flag model.depth=4", {"flag": True, "model": {"depth": 4}}),
        ("optimizer=adam optimizer.lr=0.1", {"optimizer": "adam", "optimizer.lr": 0.1}),
        ("a.b.c=1 a.b=2", {"a": {"b.c": 1, "b": 2}}),
        ("runs/lr=1/w.pt", {"args": ["runs/lr=1/w.pt"]}),
        ("https://a.b/c?d=e", {"args": ["https://a.b/c?d=e"]}),
        ("torch==2.1", {"args": ["torch==2.1"]}),
        # frameworks
        ("db=mysql hydra.run.dir=x", {"db": "mysql", "hydra": {"run": {"dir": "x"}}}),
        ("-m lr=0.1,0.2 model=a,b", {"m": True, "lr": [0.1, 0.2], "model": "a,b"}),
        ("--config-name base model/opt=adam", {"config_name": "base", "model/opt": "adam"}),
        ("db@a.b=mysql", {"db@a": {"b": "mysql"}}),
        ("--gin_bindings='train.lr = 0.1' --gin_bindings=b=2", {"train": {"lr": 0.1}, "b": 2}),
        ("with a=1 b.c=2", {"a": 1, "b": {"c": 2}}),
        ("train --solver=x.prototxt", {"args": ["train"], "solver": "x.prototxt"}),
        ("train model=yolo11n.pt data=coco8.yaml", {"args": ["train"], "model": "yolo11n.pt", "data": "coco8.yaml"}),
        ("--cfg-options model.depth=4 lr=0.1", {"model": {"depth": 4}, "lr": 0.1}),
        ("--hparams=lr=0.1,batch=2", {"lr": 0.1, "batch": 2}),
        ("--model_args pretrained=gpt2,dtype=float", {"model_args": {"pretrained": "gpt2", "dtype": "float"}}),
        ("--config-file conf.yaml SOLVER.LR 0.1 MODEL.X y", {"config_file": "conf.yaml", "SOLVER": {"LR": 0.1},
                                                             "MODEL": {"X": "y"}}),
        ("-p alpha 0.6 -p fast true -p 3", {"alpha": 0.6, "fast": True, "p": 3}),
        ("--trainer.callbacks+=x", {"trainer": {"callbacks": "x"}}),
        ("--2d 3", {"2d": 3}),
        ("fit --lr=1 - save", {"args": ["fit", "-", "save"], "lr": 1}),
        # structures
        ("--opt \"{'a': 1}\"", {"opt": {"a": 1}}),
        ("--opt '{\"a\": {\"b\": [1, null]}}'", {"opt": {"a": {"b": [1, None]}}}),
        ("--sizes [1,2] layers=[a,b]", {"sizes": [1, 2], "layers": ["a", "b"]}),
        ("a='{x: 1, y: [z]}'", {"a": {"x": 1, "y": ["z"]}}),
        ("--sizes '(1, 2)'", {"sizes": [1, 2]}),
        ("--sizes '[1, 2'", {"sizes": "[1, 2"}),
        # what follows -- is read alike
        ("--lr 1 -- --depth 2 -3 x", {"lr": 1, "depth": [2, -3], "args": ["x"]}),
        ("cifar10 resnet50", {"args": ["cifar10", "resnet50"]}),
        ("--args x y", {"args": ["x", "y"]}),
        ("--- --=x -= -", {"args": ["---", "--=x", "-=", "-"]}),
        ("", {}),
    ],
)  # fmt: skip
def test_words(words, config):
    assert read(f"python train.py {words}").config == config
    assert read(f"./train {words}").config == config


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("+5", 5), ("0.1", 0.1), ("1.", 1.0), (".5", 0.5), ("1e-3", 0.001),
        ("-2.5E-05", -2.5e-05),
        ("true", True), ("False", False), ("null", None), ("None", None), ("~", None),
        ("none", "none"), ("yes", "yes"), ("on", "on"),
        ("007", "007"), ("1e10f", "1e10f"), ("5430e12", "5430e12"), ("1e999", "1e999"), ("9007199254740993",) * 2,
        ("1_000", "1_000"), ("1,024", "1,024"), ("0x1f", "0x1f"), ("2024-01-01", "2024-01-01"), ("1.2.3", "1.2.3"),
        ("inf", float("inf")), ("-inf", float("-inf")),
        ("'1'", "1"), ('"a b"', "a b"), ("[]", []), ("{}", {}), ("[,]", "[,]"), ("{a}", "{a}"),
        ("[" * 50 + "]" * 50,) * 2,
    ],
)  # fmt: skip
def test_type_is_what_the_text_says(text, value):
    read = read_arguments(["train", f"--x={text}"]).config["x"]

    assert read == value
    assert type(read) is type(value)


LR = {"lr": 0.1}


@pytest.mark.parametrize(
    ("front", "launcher"),
    [
        ("python train.py", None),
        ("python3.11 -u -W ignore -Xdev train.py", None),
        ("/opt/env/bin/python -um pkg.mod", None),
        ("python -c 'import train'", None),
        ("ipython train.py", None),
        ("A=1 B=x python train.py", {"env": {"A": 1, "B": "x"}}),
        ("env -u Z A=1 python train.py", {"env": {"u": "Z", "A": 1}}),
        ("torchrun --standalone --nproc-per-node=8 train.py", {"torchrun": {"standalone": True, "nproc_per_node": 8}}),
        ("torchrun --nnodes 2 -m pkg.mod", {"torchrun": {"nnodes": 2, "m": True}}),
        ("python -m torch.distributed.run --nproc_per_node 2 train.py", {"torchrun": {"nproc_per_node": 2}}),
        ("accelerate launch --multi_gpu --num_processes 2 train.py",
         {"accelerate launch": {"multi_gpu": True, "num_processes": 2}}),
        ("python -m accelerate.commands.launch --cpu train.py", {"accelerate launch": {"cpu": True}}),
        ("deepspeed --no_local_rank --include localhost:0,1 train.py",
         {"deepspeed": {"no_local_rank": True, "include": "localhost:0,1"}}),
        ("mpirun -np 4 -x A=1 -x B --mca btl tcp --allow-run-as-root python train.py",
         {"mpirun": {"np": 4, "x": ["A=1", "B"], "mca": "btl=tcp", "allow_run_as_root": True}}),
        ("srun -N2 --gres gpu:1 --exclusive python -u train.py",
         {"srun": {"N": 2, "gres": "gpu:1", "exclusive": True}}),
        ("nohup setsid python train.py", None),
        ("nice -n 5 timeout -k 5 1h python train.py", {"nice": {"n": 5}, "timeout": {"k": 5}}),
        ("nice -10 ./train", None),
        ("time -p stdbuf -oL ./train", {"time": {"p": True}, "stdbuf": {"o": "L"}}),
        ("torchrun --tee --tee 3 --tee train.py", {"torchrun": {"tee": [True, 3, True]}}),
        ("taskset -c 0-3 ./train", {"taskset": {"c": True}}),
        ("uv run --with x -- python train.py", {"uv run": {"with": "x"}}),
        ("uv run train.py", None),
        ("conda run -n x --no-capture-output python train.py", {"conda run": {"n": "x", "no_capture_output": True}}),
        ("poetry run python train.py", None),
        ("docker run --rm --gpus all -v a:b image python train.py",
         {"docker run": {"rm": True, "gpus": "all", "v": "a:b"}}),
        ("apptainer exec --nv image.sif python train.py", {"apptainer exec": {"nv": True}}),
        ("coverage run -p -m pkg.mod", {"coverage run": {"p": True, "m": True}}),
        ("./wrap.sh --x python train.py", None),
        ("bash -x train.sh", None),
        ("java -Xmx2g -cp a:b -jar x.jar", None),
        ("java -cp a:b Main", None),
        ("Rscript --vanilla t.R", None),
        ("node --max-old-space-size=99 t.js", None),
        ("julia -t 4 t.jl", None),
        ("go run main.go", None),
        ("cargo run --release --bin x --", {"cargo run": {"release": True, "bin": "x"}}),
        ("./train", None),
    ],
)  # fmt: skip
def test_launchers_are_told_from_the_program(front, launcher):
    config = read(f"{front} --lr 0.1").config

    assert config == LR | ({"launcher": launcher} if launcher else {})


@pytest.mark.parametrize(
    "text",
    [
        "python train.py --lr 0.1",
        "exec python train.py --lr 0.1",
        "cd x && python train.py --lr 0.1 2>&1 | tee log",
        "set -e; source env/bin/activate\npython train.py --lr 0.1 > log 2>&1 &\nwait",
        "python train.py --lr 0.1 && python eval.py --seed 5",
        "(sleep 1; ./fit --lr 0.1)",
    ],
)
def test_text_of_a_shell_is_searched_for_the_training(text):
    assert read_arguments(["bash", "-c", text]).config == LR
    assert read_arguments(["sh", "-ec", text]).config == LR


def test_words_behind_the_text_of_a_shell_stand_where_it_uses_them():
    assert read_arguments(["sh", "-c", 'exec "$0" "$@"', "./train", "--lr", "0.1"]).config == LR
    assert read_arguments(["sh", "-c", 'cd "$1"; ./train --lr $2 $5', "sh", "x", "0.1"]).config == {
        **LR,
        "args": ["$5"],
    }
    assert read_arguments(["sh", "-c", "./train", "sh", "--lr", "0.1"]).config == {}


@pytest.mark.parametrize(
    "argv", [[], [""], ["python"], ["bash", "-c"], ["bash", "-c", "'"], ["torchrun", "--help"], ["--"]]
)
def test_command_without_a_program_has_no_settings(argv):
    assert set(read_arguments(argv).config) <= {"launcher"}


def test_programs_own_launcher_option_wins_over_what_the_launchers_were_told():
    assert read("torchrun --nnodes 2 train.py --launcher pytorch").config == {"launcher": "pytorch"}


@pytest.mark.parametrize(
    ("words", "files", "data"),
    [
        ("--config conf.yaml", ["conf.yaml"], []),
        ("--config=conf/a.toml conf.yaml", ["conf/a.toml", "conf.yaml"], []),
        ("--data data --model model.pt", [], ["data", "model.pt"]),
        ("data.train=a.csv,b.csv", [], ["a.csv", "b.csv"]),
        ("--inputs \"['a.csv', 'b.csv']\"", [], ["a.csv", "b.csv"]),
        ("--data data --data data", [], ["data"]),
        ("--output-dir out --log_path=data --save-to data.csv", [], []),
        ("--verbose data.csv", [], ["data.csv"]),
        ("--solver=x.prototxt", ["x.prototxt"], []),
        ("train.py --lr 1 --data nowhere", [], []),
        ("--data https://a.b/data.csv", [], []),
    ],
)
def test_paths_that_exist_are_settings_or_data(words, files, data):
    found = read(f"python train.py {words}")

    assert (found.files, found.data) == (files, data)


def test_launchers_config_file_is_one_of_the_run():
    assert read("accelerate launch --config_file conf.yaml train.py").files == ["conf.yaml"]


@pytest.mark.parametrize("words", ["--flagfile=flags.txt", "--flagfile flags.txt", "@flags.txt"])
def test_files_with_further_options_are_told_apart(words):
    found = read(f"python train.py {words}")

    assert (found.flag_files, found.files, found.data) == (["flags.txt"], [], [])


@pytest.mark.parametrize(
    "words",
    [
        "--api-key xyz", "--api_key=xyz", "--password -xyz", "--hf-token xyz", "token=xyz", "+db.password=xyz",
        "--opt '{\"secret\": \"xyz\"}'", "--url https://ada:xyz@host/", "--env 'WANDB_API_KEY=xyz'",
        "--header=token:xyz",
        "'with spaces, password: xyz'", "--secret-key a --secret-key xyz", "-Dpassword=xyz",
    ],
)  # fmt: skip
def test_secrets_are_not_kept(words):
    config = read(f"env MY_TOKEN=xyz python train.py {words}").config

    assert "xyz" not in repr(config) and "***" in repr(config["launcher"])
    del config["launcher"]
    assert "***" in repr(config)


@pytest.mark.parametrize("words", ["--tokenizer x", "--max-tokens 5", "--pad-token x", "--key x", "--use-token true"])
def test_what_only_sounds_like_a_secret_is_kept(words):
    assert "***" not in repr(read(f"python train.py {words}").config)


def test_no_end_of_words_is_no_end_of_memory():
    found = read_arguments(["train", *["--x", "1"] * 5000, "y" * 100_000])
    assert len(found.config["x"]) == 1000
    assert found.left_out == 10_002 - 2000
    assert read_arguments(["A=1"] * 300_000).config == {"launcher": {"env": {"A": 1}}}
    assert len(read_arguments(["sh", "-c", "train " + "--x=1 " * 20_000]).config["x"]) == 1000

    assert len(read_arguments(["train", "y" * 100_000]).config["args"][0]) < 5000
    assert len(repr(nest({".".join("a" * 5000): 1}))) < 20_000


WORDS = st.sampled_from(
    "python -m -c -u bash sh train.py torchrun env srun mpirun -np -- --lr --lr=1 -b32 -x=1 a=1 +a.b=1 ~c a.b a.b= =1 "
    "1 -1 0.1 1e-3 [1,2] {a:1} {'a':1} '\" ( ] with data.csv conf.yaml A.B --A.B -vvv @flags.txt --opts --token cargo "
    "run".split()
)


@given(st.lists(WORDS | st.text(max_size=12), max_size=12))
@settings(max_examples=500, deadline=None)
def test_no_words_raise(argv):
    found = read_arguments(argv, lambda path: "file" if path.endswith("v") else "")

    assert isinstance(found.config, dict)
    read_arguments(["bash", "-c", " ".join(argv)])
    read_flags(argv)


@given(st.text(alphabet="[]{}(),:'\"\\ab1.eE-+~=* \n\0\ud800", max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_value_raises(text):
    read_arguments(["train", f"--x={text}", text, f"x={text}"])
