"""A Kafka broker (KRaft, one JVM) for tests and benches, and clients of another library to look into it."""
import datetime
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import local_stack  # noqa: E402
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: E402
from kafka import KafkaConsumer, KafkaProducer, TopicPartition  # noqa: E402
from kafka.admin import KafkaAdminClient, NewPartitions, NewTopic  # noqa: E402

JARS = ROOT / ".cache" / "kafka" / "jars"
STORE_PASSWORD = "broker-secret"
USER, PASSWORD = "alice", "alice's \"secret\""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{secure_listener}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
num.recovery.threads.per.data.dir=1
log.cleaner.enable=false
log.index.size.max.bytes=1048576
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
{secure}
"""
SECURE = """\
ssl.keystore.location={folder}/broker.p12
ssl.keystore.password={password}
ssl.keystore.type=PKCS12
listener.name.sasl_ssl.ssl.client.auth=required
ssl.truststore.location={folder}/trust.jks
ssl.truststore.password={password}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_alice="alice's \\\\"secret\\\\"";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


def fetch():
    """The broker's jars, out of Maven's repository; quick when they are there."""
    subprocess.run([ROOT / "scripts" / "setup.sh", "kafka"], stdin=subprocess.DEVNULL, check=True)


class Broker:
    def __init__(self, folder, secure=False):
        self.folder = Path(folder)
        self.port, self.secure_port = local_stack.free_port(), local_stack.free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.secure_address = f"localhost:{self.secure_port}"
        self.secure = secure
        self.process = None
        self.log = self.folder / "broker.log"

    def _java(self, heap, main, *arguments):
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{JARS}/*", main, *map(str, arguments)]

    def _write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        secure = ""
        if self.secure:
            self._make_stores()
            secure = SECURE.format(folder=self.folder, password=STORE_PASSWORD)
        (self.folder / "server.properties").write_text(PROPERTIES.format(
            port=self.port, controller=local_stack.free_port(), folder=self.folder, secure=secure,
            secure_listener=f",SASL_SSL://localhost:{self.secure_port}" if self.secure else ""))
        arguments = ["format", "-t", "3Db5QLSqSZieL3rJBUUegA", "-c", self.folder / "server.properties"]
        if self.secure:
            arguments += ["--add-scram", f"SCRAM-SHA-256=[name={USER},password={STORE_PASSWORD}]"]
        subprocess.run(self._java("128m", "kafka.tools.StorageTool", *arguments), stdin=subprocess.DEVNULL, check=True,
                       stdout=subprocess.DEVNULL)

    def _make_stores(self):
        """A key of the broker's own, and a trust store with its certificate as Java writes it."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                       .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
                       .not_valid_after(now + datetime.timedelta(days=2))
                       .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
                       .sign(key, hashes.SHA256()))
        pem = self.folder / "broker.pem"
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self.folder / "broker.p12").write_bytes(pkcs12.serialize_key_and_certificates(
            b"broker", key, certificate, None, serialization.BestAvailableEncryption(STORE_PASSWORD.encode())))
        self._keytool("-importcert", "-noprompt", "-alias", "broker", "-file", pem, "-keystore", self.folder / "trust.jks",
                      "-storetype", "JKS", "-storepass", STORE_PASSWORD)
        # Clients have to show a certificate; the broker's own does.
        self._keytool("-importkeystore", "-srckeystore", self.folder / "broker.p12", "-srcstoretype", "PKCS12", "-srcstorepass",
                      STORE_PASSWORD, "-destkeystore", self.folder / "client.jks", "-deststoretype", "JKS", "-deststorepass",
                      STORE_PASSWORD)

    @staticmethod
    def _keytool(*arguments):
        subprocess.run(["keytool", *map(str, arguments)], stdin=subprocess.DEVNULL, check=True, capture_output=True)

    def secure_options(self, mechanism, keys):
        """Options of a table behind TLS with a certificate of the client's own, and SASL; `keys` is a key store's file."""
        module = "plain.PlainLoginModule" if mechanism == "PLAIN" else "scram.ScramLoginModule"
        password = PASSWORD.replace('"', '\\"') if mechanism == "PLAIN" else STORE_PASSWORD
        return {"properties.bootstrap.servers": self.secure_address, "properties.security.protocol": "SASL_SSL",
                "properties.ssl.truststore.location": self.folder / "trust.jks",
                "properties.ssl.truststore.password": STORE_PASSWORD,
                "properties.ssl.keystore.location": self.folder / keys, "properties.ssl.keystore.password": STORE_PASSWORD,
                "properties.sasl.mechanism": mechanism,
                "properties.sasl.jaas.config":
                    f'org.apache.kafka.common.security.{module} required username="{USER}" password="{password}";'}

    def start(self):
        if not (self.folder / "server.properties").exists():
            self._write()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self._java("256m", "kafka.Kafka", self.folder / "server.properties"),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        local_stack.wait_until(self._answers, local_stack.PATIENCE, "the Kafka broker", self.process, interval=0.1)
        return self

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            self.admin().close()
            return True
        except Exception:  # whatever the client says of a broker that is not there yet
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- clients

    def admin(self):
        return KafkaAdminClient(bootstrap_servers=self.address, request_timeout_ms=5000)

    def new_topic(self, partitions=1, name=None, **configs):
        name = name or "t-" + uuid.uuid4().hex[:10]
        admin = self.admin()
        admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        admin.close()
        return name

    def grow(self, topic, partitions):
        admin = self.admin()
        admin.create_partitions({topic: NewPartitions(partitions)})
        admin.close()

    def delete_records(self, topic, before):
        """Of each partition, those before its offset."""
        admin = self.admin()
        admin.delete_records({TopicPartition(topic, p): offset for p, offset in before.items()})
        admin.close()

    def producer(self, **options):
        return KafkaProducer(bootstrap_servers=self.address, linger_ms=5, **options)

    def send(self, topic, *records, partition=0):
        """Dicts as JSON, bytes and None as they are, or dicts of KafkaProducer.send's arguments under '_'."""
        producer = self.producer()
        sent = [self._send(producer, topic, record, partition) for record in records]
        producer.flush()
        offsets = [future.get(20).offset for future in sent]
        producer.close()
        return offsets

    @staticmethod
    def _send(producer, topic, record, partition):
        if isinstance(record, dict) and "_" in record:
            return producer.send(topic, **{"partition": partition, **record["_"]})
        return producer.send(topic, value=json.dumps(record).encode() if isinstance(record, dict) else record, partition=partition)

    def messages(self, topic, isolation="read_uncommitted", quiet_ms=300):
        """All messages that are there now, by partition and offset; of another library than the engine's."""
        consumer = KafkaConsumer(bootstrap_servers=self.address, isolation_level=isolation, enable_auto_commit=False,
                                 auto_offset_reset="earliest", fetch_max_wait_ms=50)
        try:
            # Nothing where the client's look at the topics was cut off, as on a busy machine: it looks again.
            known = local_stack.wait_until(lambda: consumer.partitions_for_topic(topic), local_stack.PATIENCE, f"the topic {topic}")
            partitions = [TopicPartition(topic, p) for p in known]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            consumer.seek_to_beginning()
            found, quiet_since = [], time.monotonic()
            while any(consumer.position(p) < ends[p] for p in partitions):
                polled = consumer.poll(50)
                for records in polled.values():
                    found += records
                if polled:
                    quiet_since = time.monotonic()
                elif time.monotonic() - quiet_since > quiet_ms / 1000:
                    break
            return sorted(found, key=lambda m: (m.partition, m.offset))
        finally:
            consumer.close()

    def rows(self, topic, isolation="read_uncommitted"):
        """The values as JSON."""
        return [m.value and json.loads(m.value) for m in self.messages(topic, isolation)]

    def wait_for_rows(self, topic, expected, isolation="read_uncommitted", seconds=local_stack.PATIENCE, process=None):
        """Exactly these, in any order."""
        def key(row):
            return json.dumps(row, sort_keys=True)
        seen = []

        def reached():
            seen[:] = self.rows(topic, isolation)
            return len(seen) >= len(expected)
        try:
            local_stack.wait_until(reached, seconds, f"{len(expected)} rows", process, interval=0.05)
        except local_stack.StackError as error:
            raise AssertionError(f"{error}: {seen}") from None
        assert sorted(seen, key=key) == sorted(expected, key=key)

    def commit_offset(self, group, topic, offsets):
        """As a consumer of that group would."""
        from kafka.structs import OffsetAndMetadata
        consumer = KafkaConsumer(bootstrap_servers=self.address, group_id=group, enable_auto_commit=False)
        partitions = {TopicPartition(topic, p): OffsetAndMetadata(o, "", -1) for p, o in offsets.items()}
        consumer.assign(list(partitions))
        consumer.commit(partitions)
        consumer.close()

    def committed(self, group, topic, partition=0):
        consumer = KafkaConsumer(bootstrap_servers=self.address, group_id=group, enable_auto_commit=False)
        try:
            return consumer.committed(TopicPartition(topic, partition))
        finally:
            consumer.close()
