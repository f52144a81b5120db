#include "engine/connectors/kafka/client_properties.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace sluice::engine::kafka {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Renamed {
  std::string_view java, ours;
};

/// librdkafka's names where they differ.
constexpr std::array<Renamed, 8> kRenamed = {{
    {"fetch.max.wait.ms", "fetch.wait.max.ms"},
    {"send.buffer.bytes", "socket.send.buffer.bytes"},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes"},
    {"delivery.timeout.ms", "message.timeout.ms"},
    {"max.request.size", "message.max.bytes"},
    {"max.in.flight.requests.per.connection", "max.in.flight.requests.per.connection"},
    {"connections.max.idle.ms", "connections.max.idle.ms"},
    {"socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.ms"},
}};

/// Properties of Flink's connector, of Java's class loading, and what the source or sink decides itself.
constexpr std::array<std::string_view, 34> kIgnored = {"auto.commit.interval.ms",
                                                       "auto.include.jmx.reporter",
                                                       "auto.offset.reset",
                                                       "buffer.memory",
                                                       "client.dns.lookup",
                                                       "client.id.prefix",
                                                       "commit.offsets.on.checkpoint",
                                                       "config.providers",
                                                       "default.api.timeout.ms",
                                                       "enable.auto.commit",
                                                       "exclude.internal.topics",
                                                       "flink.partition-discovery.interval-millis",
                                                       "group.protocol",
                                                       "group.remote.assignor",
                                                       "interceptor.classes",
                                                       "key.deserializer",
                                                       "key.serializer",
                                                       "max.block.ms",
                                                       "max.poll.records",
                                                       "metadata.max.idle.ms",
                                                       "metric.reporters",
                                                       "metrics.num.samples",
                                                       "metrics.recording.level",
                                                       "metrics.sample.window.ms",
                                                       "partition.assignment.strategy",
                                                       "partition.discovery.interval.ms",
                                                       "partitioner.class",
                                                       "partitioner.ignore.keys",
                                                       "register.consumer.metrics",
                                                       "security.providers",
                                                       "throw.on.fetch.stable.offset.unsupported",
                                                       "transactional.id",
                                                       "value.deserializer",
                                                       "value.serializer"};

void AddSecurity(const Security& s, Settings& out) {
  out.emplace_back("security.protocol",
                   s.sasl ? (s.tls ? "sasl_ssl" : "sasl_plaintext") : (s.tls ? "ssl" : "plaintext"));
  if (s.sasl) {
    out.emplace_back("sasl.mechanism", s.mechanism);
    if (!s.username.empty()) out.emplace_back("sasl.username", s.username);
    if (!s.password.empty()) out.emplace_back("sasl.password", s.password);
    if (!s.kerberos_keytab.empty()) out.emplace_back("sasl.kerberos.keytab", s.kerberos_keytab);
    if (!s.kerberos_principal.empty()) out.emplace_back("sasl.kerberos.principal", s.kerberos_principal);
  }
  if (!s.tls) return;
  if (!s.trusted_pem.empty()) out.emplace_back("ssl.ca.pem", s.trusted_pem);
  if (!s.key_pem.empty()) {
    out.emplace_back("ssl.certificate.pem", s.certificate_pem);
    out.emplace_back("ssl.key.pem", s.key_pem);
    if (!s.key_password.empty()) out.emplace_back("ssl.key.password", s.key_password);
  }
  out.emplace_back("ssl.endpoint.identification.algorithm", s.verify_host ? "https" : "none");
}

void AddDefaults(ClientRole role, const OptionMap& properties, Settings& out) {
  auto add = [&](const char* name, const char* value) { out.emplace_back(name, value); };
  if (role == ClientRole::kConsumer) {
    add("isolation.level", "read_uncommitted");  // Java's default; librdkafka's is the other one
    add("enable.auto.commit", "false");
    add("enable.auto.offset.store", "false");
    add("auto.offset.reset", "error");
    add("fetch.error.backoff.ms", "20");
    add("queued.min.messages", "200000");
    add("queued.max.messages.kbytes", "65536");
    add("check.crcs", "true");
  } else {
    // Java's is 0, but its sender brings together what comes while a request is under way; here half a millisecond
    // does.
    add("linger.ms", "0.5");
    add("batch.num.messages", "10000");
    add("queue.buffering.max.messages", "1000000");
    add("partitioner", "murmur2_random");  // Java's
    add("delivery.report.only.error", "true");
    add("message.timeout.ms", "120000");
    // Java's producer is idempotent by itself, unless it waits for less than all replicas.
    const auto acks = properties.find("acks");
    const bool all = acks == properties.end() || acks->second == "all" || acks->second == "-1";
    if (all) add("enable.idempotence", "true");
    if (const auto memory = properties.find("buffer.memory"); memory != properties.end()) {
      const long long kbytes = std::max(1LL, std::atoll(memory->second.c_str()) / 1024);
      out.emplace_back("queue.buffering.max.kbytes", std::to_string(kbytes));
    }
  }
  add("log.connection.close", "false");
  add("socket.nagle.disable", "true");
  add("reconnect.backoff.ms", "50");
  add("reconnect.backoff.max.ms", "1000");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ClientSettings(const OptionMap& properties, const Security& security,
                                                                ClientRole role) {
  Settings out;
  AddDefaults(role, properties, out);
  AddSecurity(security, out);
  for (const auto& [name, value] : properties) {
    if (IsSecurityProperty(name) || std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end()) continue;
    const auto renamed =
        std::find_if(kRenamed.begin(), kRenamed.end(), [&](const Renamed& r) { return r.java == name; });
    if (name == "request.timeout.ms") {
      out.emplace_back(role == ClientRole::kConsumer ? "socket.timeout.ms" : "request.timeout.ms", value);
    } else {
      out.emplace_back(renamed == kRenamed.end() ? name : std::string(renamed->ours), value);
    }
  }
  return out;
}

}  // namespace sluice::engine::kafka
