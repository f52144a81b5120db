#include "engine/formats/cdc/change_encoder.h"

#include "engine/formats/json/json_value_writer.h"

namespace sluice::engine::cdc {
namespace {

/// What stands around the row's object.
struct Frame {
  std::string_view before;
  std::string_view after;
};

Frame FrameOf(Dialect dialect, bool add, bool ignore_null_fields) {
  switch (dialect) {
    case Dialect::kDebezium:
      if (ignore_null_fields)
        return add ? Frame{R"({"after":)", R"(,"op":"c"})"} : Frame{R"({"before":)", R"(,"op":"d"})"};
      return add ? Frame{R"({"before":null,"after":)", R"(,"op":"c"})"}
                 : Frame{R"({"before":)", R"(,"after":null,"op":"d"})"};
    case Dialect::kOgg:
      if (ignore_null_fields) {
        return add ? Frame{R"({"after":)", R"(,"op_type":"I"})"} : Frame{R"({"before":)", R"(,"op_type":"D"})"};
      }
      return add ? Frame{R"({"before":null,"after":)", R"(,"op_type":"I"})"}
                 : Frame{R"({"before":)", R"(,"after":null,"op_type":"D"})"};
    case Dialect::kCanal: return {R"({"data":[)", add ? R"(],"type":"INSERT"})" : R"(],"type":"DELETE"})"};
    case Dialect::kMaxwell: return {R"({"data":)", add ? R"(,"type":"insert"})" : R"(,"type":"delete"})"};
  }
  return {};
}

class ChangeEncoder : public Encoder {
 public:
  ChangeEncoder(Dialect dialect, Schema schema, const CdcOptions& options)
      : schema_(std::move(schema)),
        options_(options),
        add_(FrameOf(dialect, true, options.json.ignore_null_fields)),
        remove_(FrameOf(dialect, false, options.json.ignore_null_fields)),
        writer_(options_.json) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    const Frame& frame = IsAdd(batch.kind(position)) ? add_ : remove_;
    out += frame.before;
    SLUICE_RETURN_IF_ERROR(writer_.WriteFields(schema_, batch.columns, position, out));
    out += frame.after;
    return {};
  }

 private:
  const Schema schema_;
  const CdcOptions options_;
  const Frame add_;
  const Frame remove_;
  json::ValueWriter writer_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> MakeChangeEncoder(Dialect dialect, const EncodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const CdcOptions options, ReadCdcOptions(dialect, request.options, true));
  for (const RowField& f : request.schema) SLUICE_RETURN_IF_ERROR(json::CheckJsonType(f.type));
  return std::unique_ptr<Encoder>(std::make_unique<ChangeEncoder>(dialect, request.schema, options));
}

}  // namespace sluice::engine::cdc
