"""kill -9 of the server and of the engine."""
import os
import signal

import local_stack
import pytest


def test_a_killed_server_adopts_the_running_engine(stack, copy_job):
    copy_job.create()
    copy_job.start()
    copy_job.add_rows(range(1, 11))
    copy_job.wait_for_rows(range(1, 11))
    engines = stack.engine_pids()
    assert len(engines) == 1

    stack.server.kill()
    assert stack.engine_pids() == engines, "the engine lives on without the server"
    copy_job.add_rows(range(11, 21))
    copy_job.wait_for_rows(range(1, 21))

    stack.start_server()
    stack.wait_for_status(copy_job.name, "RUNNING")
    assert stack.engine_pids() == engines, "the same engine, not a second one"
    copy_job.add_rows(range(21, 31))
    copy_job.wait_for_rows(range(1, 31))
    assert all(count == 1 for count in copy_job.rows().values()), "no row is doubled"

    stack.client().stop_application(ApplicationName=copy_job.name)
    stack.wait_for_status(copy_job.name, "READY")
    assert stack.engine_pids() == []


def test_a_killed_server_finds_out_that_the_engine_died_meanwhile(stack, copy_job):
    copy_job.create()
    copy_job.start()
    [engine] = stack.engine_pids()
    stack.server.kill()
    os.kill(engine, signal.SIGKILL)
    local_stack.wait_until(lambda: engine not in stack.engine_pids(), local_stack.PATIENCE, "the engine's end")
    stack.start_server()
    expect_restarted_or_reported(stack, copy_job, engine)


def test_a_killed_engine_is_restarted_or_reported(stack, copy_job):
    copy_job.create()
    copy_job.start()
    copy_job.add_rows(range(1, 11))
    copy_job.wait_for_rows(range(1, 11))
    [engine] = stack.engine_pids()
    os.kill(engine, signal.SIGKILL)
    expect_restarted_or_reported(stack, copy_job, engine)


def expect_restarted_or_reported(stack, job, dead):
    """Either another engine runs the job, or the application says that it does not run."""

    def settled():
        status = stack.status(job.name)
        engines = [pid for pid in stack.engine_pids() if pid != dead]
        if status == "RUNNING" and engines:
            return "restarted"
        return "reported" if status == "READY" and not engines else None

    try:
        outcome = local_stack.wait_until(settled, local_stack.PATIENCE, "a restarted engine or a status that says it is gone")
    except local_stack.StackError as error:
        pytest.fail(f"{error}; status {stack.status(job.name)}, engines {stack.engine_pids()}\n{stack.server.log_tail()}")
    if outcome == "restarted":
        job.add_rows(range(1001, 1011))
        job.wait_for_rows(range(1001, 1011))
    log = stack.server.log_tail(400)
    assert "engine" in log and ("ended" in log or "died" in log or "exit" in log or "signal" in log or "gone" in log), log
