import json
import logging
import logging.config
import multiprocessing
import time

import pytest
import structlog

from core.observability.lines import JsonLines
from core.observability.log_file import SharedFile
from core.observability.logs import logging_config

KIB = 1 / 1024  # of a MiB
LINES_EACH = 400


def write(path, who, count, max_mib, keep, pause=0.0):
    handler = SharedFile(str(path), max_mib=max_mib, keep=keep)
    handler.setFormatter(JsonLines())
    for number in range(count):
        handler.emit(logging.makeLogRecord({"msg": f"{who}-{number}", "levelno": logging.INFO}))
        time.sleep(pause)
    handler.close()


def lines_in(folder):
    texts = [line for file in folder.glob("app.log*") for line in file.read_text().splitlines()]
    return [json.loads(text)["message"] for text in texts]


def test_several_processes_rotate_one_file_and_not_a_line_is_lost_or_broken(tmp_path):
    fork = multiprocessing.get_context("fork")
    path = tmp_path / "app.log"
    # Long enough for about ten rotations while all of them write.
    processes = [
        fork.Process(target=write, args=(path, who, LINES_EACH, 20 * KIB, 99, 0.0005))
        for who in "abcd"
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert len(list(tmp_path.glob("app.log.[0-9]*"))) >= 5
    expected = [f"{who}-{number}" for who in "abcd" for number in range(LINES_EACH)]
    assert sorted(lines_in(tmp_path)) == sorted(expected)


def test_only_so_many_old_files_are_kept(tmp_path):
    write(tmp_path / "app.log", "a", 200, 2 * KIB, 3)

    assert sorted(file.name for file in tmp_path.glob("app.log*") if file.suffix != ".lock") == [
        "app.log", "app.log.1", "app.log.2", "app.log.3",
    ]  # fmt: skip
    assert "a-199" in lines_in(tmp_path)
    assert "a-0" not in lines_in(tmp_path)


def test_a_file_that_somebody_moved_away_is_made_again(tmp_path):
    path = tmp_path / "app.log"
    handler = SharedFile(str(path))
    handler.setFormatter(JsonLines())
    for message in ("one", "two"):
        handler.emit(logging.makeLogRecord({"msg": message, "levelno": logging.INFO}))
        path.rename(tmp_path / f"moved-{message}")
    handler.emit(logging.makeLogRecord({"msg": "three", "levelno": logging.INFO}))
    handler.close()

    assert lines_in(tmp_path) == ["three"]
    assert "two" in (tmp_path / "moved-two").read_text()


def test_a_line_that_cannot_be_written_stops_nobody_and_is_not_shown(tmp_path, capsys):
    handler = SharedFile(str(tmp_path / "logs" / "app.log"))
    handler.setFormatter(JsonLines())
    (tmp_path / "logs" / "app.log").unlink()
    (tmp_path / "logs").rmdir()
    handler.emit(logging.makeLogRecord({"msg": "Anna Muster", "levelno": logging.INFO}))
    handler.close()

    written = capsys.readouterr().err
    assert written == "A log line could not be written to a file: FileNotFoundError\n"


@pytest.fixture
def configured(tmp_path):
    """The settings' own logging with a file, on a logger apart so that the test run keeps its."""
    config = logging_config(level="info", pretty=True, path=str(tmp_path / "logs" / "app.log"))
    config["loggers"] = {"apart": {**config.pop("root"), "propagate": False}}
    config["handlers"].pop("console")
    config["loggers"]["apart"]["handlers"].remove("console")
    logging.config.dictConfig({**config, "incremental": False})
    yield tmp_path / "logs"
    for handler in logging.getLogger("apart").handlers[:]:
        handler.close()
        logging.getLogger("apart").removeHandler(handler)


def test_every_line_goes_to_the_file_and_errors_also_to_error_log_beside_it(configured):
    log = structlog.get_logger("apart")
    log.info("All is well")
    log.error("Something broke", booking_id="b-1")

    both = [json.loads(line) for line in (configured / "app.log").read_text().splitlines()]
    errors = [json.loads(line) for line in (configured / "error.log").read_text().splitlines()]
    assert [line["message"] for line in both] == ["All is well", "Something broke"]
    assert errors == [both[1]]
    assert errors[0]["level"] == "error"
