#include "engine/formats/json/json_encoder.h"

#include "engine/formats/json/json_value_writer.h"

namespace sluice::engine::json {
namespace {

class JsonEncoder : public Encoder {
 public:
  JsonEncoder(Schema schema, const JsonOptions& options)
      : schema_(std::move(schema)), options_(options), writer_(options_) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    return writer_.WriteFields(schema_, batch.columns, position, out);
  }

 private:
  const Schema schema_;
  const JsonOptions options_;
  ValueWriter writer_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> MakeJsonEncoder(const EncodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const JsonOptions options, ReadJsonOptions(request.options, true));
  for (const RowField& f : request.schema) SLUICE_RETURN_IF_ERROR(CheckJsonType(f.type));
  return std::unique_ptr<Encoder>(std::make_unique<JsonEncoder>(request.schema, options));
}

}  // namespace sluice::engine::json
