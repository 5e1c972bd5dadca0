"""`python -m llm teach --out LABELS [FILE …]`: labels by a large model, with quoted evidence.

The lines of the files (or of standard input) are {"id", "conclusion", "template"}, such as the
shards of `llm synth`; any server that speaks OpenAI's protocol and takes a JSON Schema as response
format answers. It is named by LLM_OPENAI_URL and LLM_OPENAI_MODEL, the key by LLM_OPENAI_API_KEY.

LABELS is appended to, and what it holds is not asked again: a run that was stopped goes on by the
same command, with a new budget. `report.json`, `disagreements.jsonl` and `paraphrases.jsonl` are
written beside it. The limits hold for one run and are never passed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from llm.engines.base import EngineError
from llm.engines.openai import server_setting
from llm.http_client import RemoteError
from llm.schema import TemplateError, load_templates
from llm.shipped import TEMPLATES
from llm.teach.agreement import AGREED
from llm.teach.budget import Budget, Limits
from llm.teach.cache import Cache
from llm.teach.chats import Settings
from llm.teach.lines import Growing, Line, LineError, Reader, write_lines
from llm.teach.report import Verdicts, report, table
from llm.teach.run import Failure, Run
from llm.teach.teacher import ATTEMPTS, TIMEOUT_SECONDS, Teacher, remote_from_environment

CACHE = Path("var/teach-cache")
DONE, SOME_FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3


def main(argv: Sequence[str]) -> int:
    """Labels every line; 1 where some have no label, 2 for bad input, 3 when stopped before."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.max_cost is not None and None in (options.price_in, options.price_out):
        parser.error("--max-cost needs --price-in and --price-out")
    began = time.perf_counter()
    try:
        run = _run(options)
        found = _taught(run, options)
        found["seconds"] = round(time.perf_counter() - began, 3)
        text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        options.out.with_name("report.json").write_text(text, encoding="utf-8")
    except (TemplateError, EngineError, RemoteError, LineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; the same command goes on.\n")
        return STOPPED
    for failure in run.failures:
        sys.stderr.write(f"{failure.id}: {failure.reason}\n")
    sys.stdout.write(table(found))
    return STOPPED if run.stopped else SOME_FAILED if run.failures else DONE


def _run(options: argparse.Namespace) -> Run:
    limits = Limits(
        options.max_requests,
        options.max_tokens,
        options.max_cost,
        options.price_in or 0.0,
        options.price_out or 0.0,
    )
    budget = Budget(limits)
    remote = remote_from_environment(
        timeout_seconds=options.timeout, attempts=options.attempts, sleep=budget.sleep
    )
    settings = Settings(
        server_setting("LLM_OPENAI_MODEL"), not options.loose, options.max_answer_tokens
    )
    teacher = Teacher(remote, settings, budget, Cache(options.cache))
    return Run(teacher, options.together, options.give_up_after)


def _taught(run: Run, options: argparse.Namespace) -> dict[str, Any]:
    """Labels, rewords and labels again, as far as the budget goes; returns the report."""
    verdicts = Verdicts(options.agreement)
    with ExitStack() as files:
        lines = _lines(run, options)
        out = files.enter_context(Growing(options.out))
        run.label(lines, out)
        if options.paraphrase:
            path = options.out.with_name("paraphrases.jsonl")
            rewordings = files.enter_context(Growing(path))
            reworded = run.reword(lines, options.paraphrase, rewordings)
            run.label(reworded, out)
            lines += reworded
        found = report(run, lines, out.held, verdicts)
        write_lines(options.out.with_name("disagreements.jsonl"), verdicts.disagreements)
        if options.agreed is not None:
            write_lines(options.agreed, verdicts.agreed)
    return found


def _lines(run: Run, options: argparse.Namespace) -> list[Line]:
    """The different lines of the input; those that cannot be used are failures of the run."""
    reader = Reader(load_templates(options.templates), options.template)
    lines: dict[tuple[str, str, str], Line] = {}
    for read in _read(reader, options.files):
        if isinstance(read, Line):
            lines[read.key] = read
        else:
            run.failures.append(Failure(read[0], "input", read[1]))
    return list(lines.values())


def _read(reader: Reader, files: Sequence[Path]) -> Iterator[Line | tuple[str, str]]:
    if not files:
        yield from reader.read("line", sys.stdin)
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from reader.read(path.name, file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m llm teach",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="*", type=Path, metavar="FILE", help="conclusions; none: standard input")
    add("--out", type=Path, required=True, metavar="LABELS", help="the file of labels")
    add("--template", metavar="KEY", help="the template of lines that name none")
    add("--templates", type=Path, default=TEMPLATES, metavar="DIR")
    add("--paraphrase", type=_whole, default=0, metavar="N", help="also label N paraphrases each")
    add("--agreed", type=Path, metavar="FILE", help="write the labels that agree with the truth")
    add("--agreement", type=_share, default=AGREED, help="F1 of positives from which labels agree")
    add("--loose", action="store_true", help="not OpenAI's strict mode, but the schema with bounds")
    add("--max-answer-tokens", type=_whole, default=4096, metavar="N")
    add("--cache", type=Path, default=CACHE, metavar="DIR", help="answers that were paid for")
    _add_limits(parser)
    return parser


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--together", type=_whole, default=8, metavar="N", help="requests under way at a time")
    add("--timeout", type=float, default=TIMEOUT_SECONDS, metavar="SECONDS")
    add("--attempts", type=_whole, default=ATTEMPTS, metavar="N", help="tries of one request")
    add("--give-up-after", type=_whole, default=20, metavar="N", help="failed lines in a row")
    add("--max-requests", type=_whole, metavar="N")
    add("--max-tokens", type=_whole, metavar="N", help="tokens read and written")
    add("--max-cost", type=float, metavar="MONEY", help="in the currency of the prices")
    add("--price-in", type=float, metavar="MONEY", help="of a million tokens read")
    add("--price-out", type=float, metavar="MONEY", help="of a million tokens written")


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("must be in [0, 1]")
    return share
