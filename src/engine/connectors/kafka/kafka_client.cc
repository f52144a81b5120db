#include "engine/connectors/kafka/kafka_client.h"

namespace sluice::engine::kafka {

Result<std::unique_ptr<KafkaClient>> KafkaClient::Make(Setup setup) {
  std::unique_ptr<KafkaClient> client(new KafkaClient(std::move(setup)));
  SLUICE_RETURN_IF_ERROR(client->Start());
  return client;
}

Status KafkaClient::Start() {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char text[512];
  auto settings = ClientSettings(setup_.properties, setup_.security, setup_.role);
  settings.insert(settings.end(), setup_.overrides.begin(), setup_.overrides.end());
  for (const auto& [name, value] : settings) {
    const rd_kafka_conf_res_t set = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof(text));
    if (set != RD_KAFKA_CONF_INVALID) continue;  // unknown ones are the Java client's own
    rd_kafka_conf_destroy(conf);
    // A value may be a secret: the text of the library names it only for others.
    return Error(ErrorCode::kOption, "Invalid value for 'properties." + name + "': " + text);
  }
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_error_cb(conf, OnError);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  if (setup_.role == ClientRole::kProducer) rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
  if (setup_.security.token) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, OnToken);
    rd_kafka_conf_enable_sasl_queue(conf, 1);
  }
  const auto type = setup_.role == ClientRole::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
  rk_ = rd_kafka_new(type, conf, text, sizeof(text));
  if (rk_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Error(ErrorCode::kOption, std::string("The Kafka client cannot be made: ") + text);
  }
  if (setup_.security.token) {
    if (rd_kafka_error_t* error = rd_kafka_sasl_background_callbacks_enable(rk_); error != nullptr) {
      return Check("log in", error);
    }
  }
  return {};
}

KafkaClient::~KafkaClient() {
  if (rk_ == nullptr) return;
  if (setup_.role == ClientRole::kProducer) {
    // What was not delivered is not wanted any more; without this the end waits for brokers that are away.
    rd_kafka_purge(rk_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(rk_);
  } else {
    rd_kafka_destroy_flags(rk_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
}

Error KafkaClient::Failed(const std::string& what, rd_kafka_resp_err_t code) const {
  std::string message = what + ": " + rd_kafka_err2str(code);
  const std::lock_guard lock(mutex_);
  if (!last_reason_.empty()) message += " (" + last_reason_ + ")";
  const bool late = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT;
  return Error(late ? ErrorCode::kTimeout : ErrorCode::kIo, std::move(message));
}

Status KafkaClient::Check(const std::string& what, rd_kafka_error_t* error) const {
  if (error == nullptr) return {};
  std::string message = what + ": " + rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  return Error(ErrorCode::kIo, std::move(message));
}

std::optional<Error> KafkaClient::fatal() const {
  const std::lock_guard lock(mutex_);
  return fatal_;
}

void KafkaClient::OnError(rd_kafka_t* rk, int code, const char* reason, void* opaque) {
  auto* self = static_cast<KafkaClient*>(opaque);
  const std::lock_guard lock(self->mutex_);
  self->last_reason_ = reason;
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512];
    const rd_kafka_resp_err_t original = rd_kafka_fatal_error(rk, text, sizeof(text));
    self->fatal_ = Error(ErrorCode::kIo, std::string("Kafka: ") + rd_kafka_err2str(original) + ": " + text);
  } else if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    self->fatal_ = Error(ErrorCode::kIo, std::string("Kafka: ") + reason);
  }
}

void KafkaClient::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<KafkaClient*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && self->setup_.on_failed_delivery) {
    self->setup_.on_failed_delivery(message->err);
  }
}

void KafkaClient::OnToken(rd_kafka_t* rk, const char*, void* opaque) {
  auto* self = static_cast<KafkaClient*>(opaque);
  const Result<BearerToken> token = self->setup_.security.token();
  if (!token.ok()) {
    rd_kafka_oauthbearer_set_token_failure(rk, token.error().message().c_str());
    return;
  }
  char text[256];
  if (rd_kafka_oauthbearer_set_token(rk, token->token.c_str(), token->expires_at_ms, token->principal.c_str(), nullptr,
                                     0, text, sizeof(text)) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_oauthbearer_set_token_failure(rk, text);
  }
}

}  // namespace sluice::engine::kafka
