"""Bad values: status 2, one line that names the option, and nothing is written."""

import contextlib
import io
import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from faults.bench import Bench
from faults.case import Case, Outcome
from faults.library_calls import CALLS
from faults.process import Ended, Process

# Experiments whose options are all given values of another type.
EXPERIMENTS = (
    "bn/before_activation",
    "schedules/one_cycle",
    "schedules/performance",
    "schedules/exponential_by_batch",
    "mc-dropout/dropout",
    "regularization/l1_l2",
    "optimizers/momentum",
    "california/mlp",
    "cifar10/bn",
    "mnist/digits_0_4",
    "transfer/model_a",
)
OF_ANOTHER_TYPE = ("words", "[1,[2]]", "{a: 1}")

# Options of `fit -c bn/before_activation`, or of another experiment, and values out of range.
NUMBERS = "nan inf -inf -1 -1e300"
COUNTS = "0 -1 -1000000 1.5 nan 1e400"
HUGE = 10**30
DEEP = "/".join(["a"] * 2000)
# What a message calls an option, where that is not the last part of its name.
NAMED = {"--data.name": "data set"}
VALUES = [
    ("--model.hidden", "[0] [-1] [1.5] [words] words {a:1} [[1]]", ""),
    ("--model.lr", f"{NUMBERS}", ""),
    ("--model.in_features", f"{COUNTS} 783 785", ""),
    ("--model.classes", f"{COUNTS} 9 11", ""),
    ("--data.batch_size", f"{COUNTS} {HUGE}", ""),
    ("--data.validation", f"{COUNTS} 300 301 100000000000", ""),
    ("--data.train", f"{COUNTS} 100000000", ""),
    ("--data.per_class", f"{COUNTS} 100000000", ""),
    ("--data.classes", "[] [10] [-1] [1,1] [words] words 3", ""),
    ("--data.scaling", "words 1 [] UNIT", ""),
    ("--data.name", "words fashion-mnist ../mnist", ""),
    ("--seed_everything", "-1 1.5 words 4294967296 nan", ""),
    ("--threads", f"{COUNTS} 1000000", ""),
    ("--engine", "graph words 1 Fast", ""),
    ("--documented", "words bn", ""),
    ("--perturbation", "1e-7 -1 nan inf words", ""),
    ("--experiment", f"../x /x . .. a/../../x {DEEP}", ""),
    ("--overwrite", "words 2 [] perhaps", ""),
    ("--out", "/dev/null /dev/null/x", ""),
    ("--ckpt_path", "missing.ckpt /dev/null .", ""),
    ("--reuse.run", "words a/b ../../x", ""),
    ("--reuse.checkpoint", "worst 1", ""),
    ("--optimizer", "words torch.nn.Linear 3 SparseAdam", ""),
    ("--lr_scheduler", "words StepLR", ""),
    ("--tensorflow.fits", "[0] [-1] words [1.5]", ""),
    ("--tensorflow.first_draw", "words 1.5 []", ""),
    ("--trainer.max_epochs", "0 -1 -2 1.5 words nan", ""),
    ("--trainer.max_steps", "0 words 1.5 nan", ""),
    ("--trainer.limit_train_batches", "0 -1 words nan", ""),
    ("--trainer.accumulate_grad_batches", f"0 -1 words 1.5 {HUGE}", ""),
    ("--trainer.check_val_every_n_epoch", "0 -1 words", ""),
    ("--trainer.val_check_interval", "0 -1 words -0.5", ""),
    ("--trainer.num_nodes", "0 -1 2 words", ""),
    ("--trainer.devices", "0 words 1000000 -5", ""),
    ("--trainer.accelerator", "words", ""),
    ("--trainer.precision", "words 7", ""),
    ("--trainer.strategy", "words dp ddp_spawn ddp_notebook fsdp", ""),
    ("--trainer.max_time", 'words 00:00:00:00 {"seconds":0} {"minutes":"words"}', ""),
    ("--trainer.max_time", '99999999999:00:00:00 {"days":99999999999}', ""),
    ("--trainer.callbacks", "words torch.nn.Linear", ""),
    ("--trainer.gradient_clip_val", "-1 words nan", ""),
    ("--trainer.barebones", "true words", ""),
    ("--trainer.overfit_batches", "-1 1.5 words nan", ""),
    ("--trainer.limit_val_batches", "-1 1e-9 0.5 words nan", ""),
    ("--trainer.limit_test_batches", "-1 1e-9 0.5 words nan", ""),
    ("--trainer.profiler", "words", ""),
    ("--trainer.logger", "words", ""),
    ("--trainer.plugins", "words MixedPrecision", ""),
    ("--trainer.fast_dev_run", "-1 words", ""),
    ("--trainer.reload_dataloaders_every_n_epochs", "-1 words", ""),
    ("--trainer.gradient_clip_algorithm", "words", ""),
    ("--trainer.words", "1 words", ""),
    ("--model.words", "1 words", ""),
    ("--data.words", "1 words", ""),
    ("--words", "1 words", ""),
    ("--model.max_lr", f"{NUMBERS} 0 words []", "schedules/one_cycle"),
    ("--model.factor", f"{NUMBERS} 0 1 2 words", "schedules/performance"),
    ("--model.patience", "-1 1.5 words nan", "schedules/performance"),
    ("--model.momentum", f"{NUMBERS} 1 2 words", "schedules/performance"),
    ("--model.boundaries", "[2,1] [-1,2] words", "schedules/piecewise_constant"),
    ("--model.s", f"{NUMBERS} 0 words", "schedules/power"),
    ("--model.c", "nan inf -inf words []", "schedules/power"),
    ("--model.rate", f"{NUMBERS} 1 2 words", "mc-dropout/dropout"),
    ("--model.targets", COUNTS, "california/mlp"),
    ("--model.criterion", "words 1 MSE", "california/mlp"),
    ("--data.inputs", "[[8]] [[-1],[0]] [] words [[]]", "california/mlp"),
    ("--data.split_seed", "words 1.5 -1", "california/mlp"),
    ("--data.name", "words missing.npz", "california/mlp"),
]

# Whole commands, and a word of the line. Where one trains after all, it takes seconds.
_BN = "fit -c bn/before_activation --trainer.accelerator cpu --data.root DATA --data.validation 50"
_STOP = " --trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_loss"
_PRETRAINING = "pretraining-study --root DATA --labels 20 --pretraining 1 --epochs 1 --frozen 0"
_TRANSFER = "transfer-study --pairs 5-6 --sizes 10"
_RANGE = "find-lr -c bn/without --data.root DATA --data.validation 50 --out OUT"
COMMANDS = [
    ("words", "words"),
    ("", "command"),
    ("--words", "command"),
    *((f"{command} --words", "words") for command in ("list", "compare", "verify", "data")),
    *((f"{command} --words", "words") for command in ("report", "figures", "fit", "test")),
    *((f"{command} -c words", "words") for command in ("fit", "test", "predict", "validate")),
    *((f"{command} -c words", "words") for command in ("find-lr", "find-reuse", "print-net")),
    *((f"{command} -c bn", "names 3") for command in ("fit", "test", "find-lr", "print-net")),
    *((f"{command} -c missing.yaml", "missing.yaml") for command in ("fit", "predict", "find-lr")),
    *((f"{command} -c OUT", "OUT") for command in ("fit", "validate", "print-net")),
    *((f"{command} -c", "config") for command in ("fit", "test", "print-net")),
    *(
        (f"run bn --seeds {value}", "seeds")
        for value in ["0", "-1", "words", "1.5", "10001", "1e9"]
    ),
    *((f"run bn --jobs {value}", "jobs") for value in ["0", "-1", "words", "1.5"]),
    *((f"run bn --sweep.lr {v}", "sweep") for v in ["1", "[]", "words", "{a:1}"]),
    *((f"run bn --perturbation {v}", "perturbation") for v in ["1e-7", "words"]),
    ("run", "group"),
    ("run words", "words"),
    ("run missing.yaml", "missing.yaml"),
    ("run OUT", "OUT"),
    ("run bn --seed 3", "seeds"),
    ("run bn --job 3", "jobs"),
    ("run ranking --replay", "replay"),
    ("run bn/without --sweep.lr [.1] --sweep.model.lr [.1]", "one option"),
    ("run bn/without --sweep.words [1,2]", "words"),
    ("run bn --trainer.fast_dev_run true", "fast_dev_run"),
    ("run bn --replay --seeds 2", "seeds"),
    ("compare words --out OUT", "words"),
    ("compare bn --out OUT", "no finished run"),
    ("compare --out OUT", "no finished run"),
    ("compare bn depth bn --out OUT", "one or two"),
    ("compare bn depth --out OUT", "no finished run"),
    ("verify words --out OUT", "words"),
    ("verify --out OUT", "no run folder"),
    ("list words", "words"),
    ("data words --out OUT", "words"),
    ("data missing.npz --out OUT", "missing.npz"),
    ("data --root /dev/null --out OUT", "/dev/null"),
    ("data digits --out /dev/null", "/dev/null"),
    ("figures words --out OUT", "words"),
    ("figures bn-learning-rates --out OUT", "not drawn"),
    ("figures activations --out /dev/null", "/dev/null"),
    ("report words --out OUT", "words"),
    ("export", "ckpt_path"),
    ("export --words", "ckpt_path"),
    ("export --ckpt_path OUT --format torch --to OUT/x", "no such file"),
    ("export --ckpt_path missing.ckpt --format torch --to OUT/x", "missing.ckpt"),
    ("export --ckpt_path missing.ckpt --format words --to OUT/x", "format"),
    ("export --ckpt_path missing.ckpt --format torch", "--to"),
    ("export --ckpt_path /dev/null --format torch --to OUT/x", "/dev/null"),
    ("fit", "model"),
    ("fit -c bn-deep/learning_rate --out OUT", "sweep"),
    ("fit -c ranking/activations --out OUT", "sweep"),
    ("test -c bn/without --out OUT", "ckpt_path"),
    ("predict -c bn/without --out OUT", "ckpt_path"),
    ("validate -c bn/without --out OUT", "ckpt_path"),
    (f"{_RANGE} --min_lr 0", "min_lr"),
    (f"{_RANGE} --min_lr nan", "min_lr"),
    (f"{_RANGE} --max_lr 1e-6", "max_lr"),
    (f"{_RANGE} --max_lr words", "max_lr"),
    (f"{_RANGE} --steps 1", "steps"),
    (f"{_RANGE} --steps words", "steps"),
    ("find-reuse -c bn/without --out OUT", "reuse"),
    ("find-reuse -c transfer/b_on_a_never_frozen --seeds 0 --out OUT", "seeds"),
    ("find-reuse -c transfer/b_on_a_never_frozen --warm_up -1 --out OUT", "warm_up"),
    ("find-reuse -c transfer/b_on_a_never_frozen --warm_up 99 --out OUT", "warm_up"),
    ("transfer-study --seeds 0 --out OUT", "seeds"),
    ("transfer-study --seeds words --out OUT", "seeds"),
    ("pretraining-study --seeds 0 --out OUT", "seeds"),
    ("pretraining-study --seeds words --out OUT", "seeds"),
    (f"{_PRETRAINING} --seeds 1000000000000 --out OUT", "seeds"),
    ("find-reuse -c transfer/b_on_a_never_frozen --seeds 1000000000000 --out OUT", "seeds"),
    (f"{_PRETRAINING} --out=", "--out"),
    (f"{_TRANSFER} --seeds 1 --jobs 1 --out=", "--out"),
    (
        f"{_BN} --optimizer=SGD --optimizer.lr=0.1"
        " --lr_scheduler=StepLR --lr_scheduler.step_size=0 --out OUT",
        "lr_scheduler",
    ),
    (
        f"{_BN} --trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_los --out OUT",
        "val_los",
    ),
    (f"{_BN}{2 * _STOP} --out OUT", "EarlyStopping apart"),
    *(
        (f"{_BN} --trainer.callbacks+={name} --out OUT", name)
        for name in (
            "RichProgressBar",
            "LearningRateFinder",
            "BatchSizeFinder",
            "BackboneFinetuning",
        )
    ),
    (
        f"{_BN} --optimizer=SGD --optimizer.lr=0.1 --lr_scheduler=ReduceLROnPlateau"
        " --lr_scheduler.monitor=val_los --out OUT",
        "val_los",
    ),
]

# Experiment files, and a word of the line.
FILES = [
    ("", "no experiment file"),
    ("- a\n- b\n", "no experiment file"),
    ("words", "no experiment file"),
    ("model: [", "no YAML"),
    ("a: 1\na: 2\n", "given twice"),
    ("a: &a [*a]\n", "contains itself"),
    ("\0", "no YAML"),
    ("model: !!python/object:os.system {}\n", "no YAML"),
    ("a: &a [" + ",".join("1" * 200) + "]\nb: &b [" + ",".join(["*a"] * 1000) + "]\n", "more than"),
    ("[" * 3000, "no YAML"),
    ("model: 3\n", "model"),
    ("model:\n  class_path: words\n", "words"),
    ("model:\n  class_path: os.system\n", "model"),
    ("model:\n  class_path: dnn_techniques.modules.BNBeforeActivation\n", "data"),
    ("words: 3\n", "words"),
    ("sweep: 3\n", "sweep"),
    ("sweep: {lr: []}\n", "sweep"),
    ("sweep: {lr: 3}\n", "sweep"),
    ("reuse: {run: words}\n", "model"),
    ("model: 2020-13-45\n", "cannot be read"),
    ("a: " + "9" * 6000 + "\n", "cannot be read"),
]


def cases(bench: Bench, seed: int) -> list[Case]:
    """All cases."""
    found = []
    for words, word in COMMANDS:
        found.append(Case("inputs", "commands", words or "no words", _run(bench, words, word)))
    for option, values, experiment in VALUES:
        for value in values.split():
            words = f"fit -c {experiment or 'bn/before_activation'} {_small(experiment)} --out OUT"
            words += f" {option}={value}"
            named = NAMED.get(option, option.rpartition(".")[2].lstrip("-"))
            run = _run(bench, words, named)
            name = f"{option}={value[:60]} {experiment}".strip()
            found.append(Case("inputs", "values out of range", name, run))
    for experiment in EXPERIMENTS:
        for option in _options(experiment):
            for value in OF_ANOTHER_TYPE:
                given = f"fit -c {experiment} {_small(experiment)} --out OUT".split()
                run = _run(bench, [*given, f"--{option}={value}"], option.rpartition(".")[2])
                name = f"{experiment} --{option}={value}"
                found.append(Case("inputs", "values of another type", name, run))
    for i, (text, word) in enumerate(FILES):
        run = partial(_file, bench, text, word)
        found.append(Case("inputs", "experiment files", f"file {i}: {text[:30]!r}", run))
    for name, call, argument in CALLS:
        found.append(Case("inputs", "library calls", name, partial(_call, call, argument)))
    return found


def _small(experiment: str) -> str:
    small = "--trainer.accelerator cpu --data.root DATA"
    return small if experiment.startswith("california") else f"{small} --data.validation 50"


def _options(experiment: str) -> Iterator[str]:
    """Options of an experiment whose values are numbers: words are none."""
    from dnn_techniques.runs.options import ExperimentCLI

    options = ExperimentCLI("fit", ["-c", experiment]).options
    for part in ("model", "data"):
        for name, value in vars(options[part].init_args).items():
            if isinstance(value, int | float) and math.isfinite(value):
                yield f"{part}.{name}"


def _run(bench: Bench, words: str | list[str], word: str) -> Callable[[Path], Outcome]:
    given = words.split() if isinstance(words, str) else words
    return partial(_command, bench, given, word)


def _command(bench: Bench, words: list[str], word: str, folder: Path) -> Outcome:
    """A command that has to end in one line with a word in it."""
    out = folder / "out"
    given = [w.replace("DATA", str(bench.data)).replace("OUT", str(out)) for w in words]
    here = folder / "here"
    here.mkdir()
    if "OUT" in words and words[0] in ("run", "fit", "validate", "print-net", "export"):
        out.mkdir() if "--out" not in words else None
    ended = Process(given, folder / "log", folder=here).wait()
    outcome = judge(ended, word.replace("OUT", str(out)))
    if outcome.kind == "one line" and (left := [*here.rglob("*"), *out.rglob("*")]):
        return Outcome("other end", f"{left[0]} is written")
    return outcome


def judge(ended: Ended, word: str) -> Outcome:
    """What came of a bad value: one line with a word in it, and nothing else, is all that may."""
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if not ended.one_line or ended.err != f"{ended.last}\n":
        return Outcome("other end", f"status {ended.status}: {ended.err}")
    if not has_word(ended.last, word):
        return Outcome("other end", f"no word {word}: {ended.last}")
    return Outcome("one line", ended.last)


def has_word(line: str, word: str) -> bool:
    """Whether a line has a whole word, or several in a row; those in an absolute path do not count.

    >>> has_word("s must be above 0", "s"), has_word("it is in /s/s", "s")
    (True, False)
    """
    if not word.startswith("/"):
        line = re.sub(r"(?<![\w.)\]])/[\w./+-]+", "", line)
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line) is not None


def _file(bench: Bench, text: str, word: str, folder: Path) -> Outcome:
    """An experiment file that cannot be used."""
    (folder / "mine.yaml").write_text(text)
    return _command(bench, ["fit", "-c", str(folder / "mine.yaml"), "--out", "OUT"], word, folder)


def _call(call: Callable[[], Any], argument: str, folder: Path) -> Outcome:
    """A call that has to raise ValueError with the argument's name in the message.

    None of the values is one that Python itself refuses, so that TypeError is another end.
    """
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            call()
        except ValueError as error:
            if has_word(str(error), argument):
                return Outcome("one line", str(error))
            return Outcome("other end", f"no word {argument}: {error}")
        except TypeError as error:
            return Outcome("other end", f"TypeError: {error}")
        except Exception as error:
            return Outcome("traceback", f"{type(error).__name__}: {error}")
    return Outcome("silent difference", "the value is taken")
