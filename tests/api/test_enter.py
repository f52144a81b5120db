"""`sluice enter`: files that only the program sees, and variables that it does not see."""
import os
import subprocess

import local_stack


def enter(tmp_path, script, *options, **more):
    properties = tmp_path / "properties.json"
    properties.write_text('[{"PropertyGroupId": "g", "PropertyMap": {}}]')
    done = subprocess.run([local_stack.BINARY, "enter", "--properties", properties, *options, "/bin/sh", "-c", script],
                          capture_output=True, text=True, timeout=30, env={**os.environ, "SECRET": "1", "OTHER": "2"}, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_files_are_shown_to_the_program_alone(tmp_path):
    (tmp_path / "hosts").write_text("127.9.9.9 made.up.test\n")
    (tmp_path / "store").write_text("certificates")
    place = tmp_path / "no" / "such" / "folder" / "store"
    output, errors = enter(
        tmp_path, f"cat /etc/flink/application_properties.json; getent hosts made.up.test; cat {place}; cat /etc/passwd | wc -l; "
        "cat /etc/resolv.conf > /dev/null && echo; echo $SECRET-$OTHER-$PRIVATE",
        "--hosts", tmp_path / "hosts", "--show", f"{tmp_path / 'store'}={place}", "--unset", "SECRET",
        "--unset-private", "OTHER")
    assert "cannot be shown" not in errors
    assert output.startswith('[{"PropertyGroupId": "g"')
    assert "127.9.9.9" in output and "certificates" in output and output.endswith("--\n")
    assert not place.exists()
    assert "made.up.test" not in open("/etc/hosts").read()


def test_what_is_no_command_line_is_refused(tmp_path):
    for command in (["--hosts", "x", "/bin/true"], ["--properties"], ["--properties", "x"],
                    ["--properties", "x", "--what", "y", "/bin/true"], ["--properties", "x", "--show", "nowhere", "/bin/true"]):
        done = subprocess.run([local_stack.BINARY, "enter", *command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "usage: sluice enter" in done.stderr, command


def test_without_the_files_the_program_runs_all_the_same(tmp_path):
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    output, errors = enter(tmp_path, "echo $JDK_JAVA_OPTIONS $OTHER $SLUICE_APPLICATION_PROPERTIES", "--hosts", tmp_path / "hosts",
                           "--show", f"{tmp_path / 'missing'}=/etc/missing", "--unset-private", "OTHER")
    assert "cannot be shown" in errors
    assert output.split() == [f"-Djdk.net.hosts.file={tmp_path / 'hosts'}", "2", str(tmp_path / "properties.json")]
