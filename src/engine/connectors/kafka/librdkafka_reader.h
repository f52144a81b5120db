// Records by way of librdkafka: for logins that our own client does not know (Kerberos, librdkafka's own OAUTHBEARER
// and TLS settings) and for reading from the nearest replica.
#pragma once

#include <functional>
#include <memory>

#include "engine/connectors/kafka/kafka_client.h"
#include "engine/connectors/kafka/message_reader.h"

namespace sluice::engine::kafka {

/// The client and its consumer's queue outlive the reader. At most `batch_rows` messages are asked for at once.
std::unique_ptr<MessageReader> MakeLibrdkafkaReader(const KafkaClient& client, rd_kafka_queue_t* queue,
                                                    size_t batch_rows, bool with_facts);

/// What comes in the queue beside messages; an error is for good.
Status CheckEvent(const rd_kafka_message_t& event);

}  // namespace sluice::engine::kafka
