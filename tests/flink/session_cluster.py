"""A session cluster of Apache Flink as somebody else would run it: one JobManager, one TaskManager, out of an installed runtime."""
import json
import urllib.request

import local_stack

OPENS = [f"--add-exports={package}=ALL-UNNAMED" for package in (
    "java.base/sun.net.util", "java.rmi/sun.rmi.registry", "java.security.jgss/sun.security.krb5")] + [
    f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in (
        "java.lang", "java.net", "java.io", "java.nio", "sun.nio.ch", "java.lang.reflect", "java.text", "java.time", "java.util",
        "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks")]

MEMORY = {"framework.heap": 128, "task.heap": 384, "framework.off-heap": 128, "task.off-heap": 0, "network.min": 64, "network.max": 64,
          "managed": 128, "jvm-metaspace": 256, "jvm-overhead.min": 64, "jvm-overhead.max": 64}


class SessionCluster:
    def __init__(self, folder, distribution, java, slots=6):
        self.folder, self.distribution, self.java, self.slots = folder, distribution, java, slots
        self.port = local_stack.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes = []
        (folder / "conf").mkdir(parents=True)
        options = {
            "jobmanager.rpc.address": "127.0.0.1", "jobmanager.rpc.port": local_stack.free_port(), "jobmanager.bind-host": "127.0.0.1",
            "rest.address": "127.0.0.1", "rest.bind-address": "127.0.0.1", "rest.port": self.port, "rest.bind-port": self.port,
            "taskmanager.host": "127.0.0.1", "taskmanager.bind-host": "127.0.0.1", "taskmanager.numberOfTaskSlots": slots,
            "taskmanager.cpu.cores": 2, "io.tmp.dirs": folder / "tmp", "web.tmpdir": folder / "web", "web.upload.dir": folder / "web",
            "heartbeat.interval": 1000, "heartbeat.timeout": 8000,
            **{f"taskmanager.memory.{part}" if part.endswith((".min", ".max")) else f"taskmanager.memory.{part}.size": f"{mib}m"
               for part, mib in MEMORY.items()}}
        text = "".join(f"{key}: {value}\n" for key, value in options.items())
        for name in ("config.yaml", "flink-conf.yaml"):
            (folder / "conf" / name).write_text(text)
        for name in ("tmp", "web"):
            (folder / name).mkdir()
        (folder / "conf" / "log4j2.properties").write_text(
            "rootLogger.level = INFO\nrootLogger.appenderRef.out.ref = Out\nappender.out.name = Out\nappender.out.type = Console\n"
            "appender.out.layout.type = PatternLayout\nappender.out.layout.pattern = %d %p %c %m%n\n")

    def start(self):
        class_path = ":".join(map(str, sorted((self.distribution / "lib").glob("*.jar"), key=lambda jar: "flink-dist" in jar.name)))
        environment = {**local_stack.aws_environment("http://127.0.0.1:1"), "FLINK_CONF_DIR": str(self.folder / "conf"),
                       "FLINK_PLUGINS_DIR": str(self.distribution / "plugins"), "FLINK_LIB_DIR": str(self.distribution / "lib")}
        for name, main, memory in (
                ("jobmanager", "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", ["-Xmx384m"]),
                ("taskmanager", "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                 ["-Xmx512m", "-XX:MaxDirectMemorySize=256m", "-XX:MaxMetaspaceSize=256m"])):
            command = [self.java / "bin" / "java", *OPENS, *memory,
                       f"-Dlog4j.configurationFile={self.folder}/conf/log4j2.properties", "-cp", class_path, main,
                       "--configDir", self.folder / "conf"]
            self.processes.append(local_stack.Process(name, command, self.folder / f"{name}.log", environment))
        try:
            local_stack.wait_until(lambda: self.get("/overview").get("slots-total") == self.slots,
                                   local_stack.PATIENCE, "the cluster's slots",
                                   self.processes[1].popen, interval=0.2)
        except local_stack.StackError as error:
            raise local_stack.StackError("\n".join([str(error), *(process.log_tail() for process in self.processes)])) from None

    def get(self, path):
        """{} while nobody answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def jobs(self):
        """States by id."""
        return {job["jid"]: job["state"] for job in self.get("/jobs/overview")["jobs"]}

    def running(self):
        return {job for job, state in self.jobs().items() if state == "RUNNING"}

    def output(self):
        return (self.folder / "taskmanager.log").read_text(errors="replace")

    def kill(self):
        for process in self.processes:
            process.kill()
        self.processes.clear()

    def stop(self):
        for process in self.processes:
            process.stop()
        self.processes.clear()
