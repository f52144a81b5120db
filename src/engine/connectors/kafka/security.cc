#include "engine/connectors/kafka/security.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "engine/connectors/kafka/jaas_config.h"
#include "engine/connectors/kafka/key_store.h"
#include "engine/connectors/kafka/msk_iam.h"

namespace sluice::engine::kafka {
namespace {

Error Refuse(const std::string& property, const std::string& why) {
  return Error(ErrorCode::kOption, "Invalid value for 'properties." + property + "': " + why);
}

/// Java's own list of authorities; where there is no Java, the machine's list is the same.
bool IsMissingJavaList(const std::string& path) {
  return path.ends_with("/lib/security/cacerts") && !std::filesystem::exists(path);
}

class Reader {
 public:
  explicit Reader(const OptionMap& properties) : properties_(properties) {}

  std::string Get(const std::string& name) const {
    const auto it = properties_.find(name);
    return it == properties_.end() ? std::string() : it->second;
  }

  Status Protocol(Security& out) const {
    std::string protocol = Get("security.protocol");
    std::transform(protocol.begin(), protocol.end(), protocol.begin(), [](unsigned char c) { return std::toupper(c); });
    if (!protocol.empty() && protocol != "PLAINTEXT" && protocol != "SSL" && protocol != "SASL_PLAINTEXT" &&
        protocol != "SASL_SSL") {
      return Refuse("security.protocol", "String must be one of: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.");
    }
    out.tls = protocol.ends_with("SSL");
    out.sasl = protocol.starts_with("SASL");
    return {};
  }

  Status Sasl(Security& out, std::function<int64_t()> now_ms) const {
    out.mechanism = Get("sasl.mechanism");
    if (out.mechanism.empty()) out.mechanism = "GSSAPI";
    const std::string text = Get("sasl.jaas.config");
    if (text.empty()) {
      return Refuse("sasl.jaas.config", "it is needed with the security protocol SASL: who the client is.");
    }
    SLUICE_ASSIGN_OR_RETURN(JaasConfig jaas, ParseJaasConfig(text));
    if (out.mechanism == "AWS_MSK_IAM" || jaas.module.ends_with(".IAMLoginModule")) {
      out.mechanism = "OAUTHBEARER";
      SLUICE_ASSIGN_OR_RETURN(out.token, MskIamTokens(jaas.options, Get("bootstrap.servers"), std::move(now_ms)));
      return {};
    }
    if (out.mechanism == "PLAIN" || out.mechanism.starts_with("SCRAM-SHA-")) {
      out.username = jaas.options["username"];
      out.password = jaas.options["password"];
      if (out.username.empty()) return Refuse("sasl.jaas.config", "it names no username.");
      return {};
    }
    if (out.mechanism == "GSSAPI") {
      out.kerberos_keytab = jaas.options["keyTab"];
      out.kerberos_principal = jaas.options["principal"];
      return {};
    }
    return Error(ErrorCode::kNotSupported, "not supported yet: the SASL mechanism '" + out.mechanism +
                                               "' (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI and AWS_MSK_IAM are)");
  }

  Status Tls(Security& out) const {
    out.trusted_pem = Get("ssl.truststore.certificates");
    const std::string trust = Get("ssl.truststore.location");
    if (out.trusted_pem.empty() && !trust.empty() && !IsMissingJavaList(trust)) {
      SLUICE_ASSIGN_OR_RETURN(out.trusted_pem, ReadTrustStore(trust, Get("ssl.truststore.password")));
    }
    out.key_password = Get("ssl.key.password");
    out.key_pem = Get("ssl.keystore.key");
    out.certificate_pem = Get("ssl.keystore.certificate.chain");
    const std::string keys = Get("ssl.keystore.location");
    if (out.key_pem.empty() && !keys.empty()) {
      SLUICE_ASSIGN_OR_RETURN(StoredKey stored, ReadKeyStore(keys, Get("ssl.keystore.password"), out.key_password));
      out.key_pem = std::move(stored.key_pem);
      out.certificate_pem = std::move(stored.certificate_pem);
      if (out.key_pem.find("ENCRYPTED") == std::string::npos) out.key_password.clear();
    }
    const auto verify = properties_.find("ssl.endpoint.identification.algorithm");
    out.verify_host = verify == properties_.end() || !verify->second.empty();
    return {};
  }

 private:
  const OptionMap& properties_;
};

}  // namespace

Result<Security> ReadSecurity(const OptionMap& properties, std::function<int64_t()> now_ms) {
  Security out;
  const Reader reader(properties);
  SLUICE_RETURN_IF_ERROR(reader.Protocol(out));
  if (out.sasl) SLUICE_RETURN_IF_ERROR(reader.Sasl(out, std::move(now_ms)));
  if (out.tls) SLUICE_RETURN_IF_ERROR(reader.Tls(out));
  return out;
}

bool IsSecurityProperty(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kOthers = {"security.protocol", "sasl.mechanism", "sasl.jaas.config",
                                                              "sasl.client.callback.handler.class",
                                                              "sasl.login.callback.handler.class"};
  return name.starts_with("ssl.") || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

}  // namespace sluice::engine::kafka
