#include "engine/formats/json/json_decoder.h"

#include "engine/formats/json/json_convert.h"
#include "engine/formats/json/json_fast.h"
#include "engine/formats/json/json_plan.h"
#include "engine/formats/text/line_decoder.h"
#include "engine/formats/text/utf8.h"

namespace sluice::engine::json {
namespace {

class JsonDecoder : public text::LineDecoder {
 public:
  JsonDecoder(const DecodeRequest& request, const JsonOptions& options)
      : options_(options),
        plan_(CompilePlan(request)),
        width_(request.paths.size()),
        converter_(options_, plan_.decimals),
        fast_(plan_, options_, FastParser::Rules::kPullParser) {}

 protected:
  void Bind(Target& target) override {
    converter_.UseChunk(target.chunk);
    if (fast_.usable()) fast_.Bind(*target.columns, target.chunk);
  }

  void Unbind(Target& target, size_t from) override { FillDerived(plan_, from, target.rows, *target.columns); }

  const char* TryRecord(const char* p, const char* limit, Target& target) override {
    if (!fast_.usable()) return nullptr;
    target.Reserve();
    const char* after = fast_.Parse(p, limit, target.rows);
    if (after != nullptr) ++target.rows;
    return after;
  }

  Status DecodeRecord(std::string_view record, Target& target) override {
    const size_t rows_before = target.rows;
    in_.Start(record);
    in_.Next();
    const bool ok = in_.current() == Token::kStartArray ? DecodeArray(target) : DecodeObject(target);
    if (ok) return {};
    ClearSlot(target);
    if (options_.ignore_parse_errors) return {};
    target.rows = rows_before;
    return Error(ErrorCode::kData, "Failed to deserialize JSON '" + text::ReplaceInvalidUtf8(record) + "'. " + error_);
  }

 private:
  bool DecodeArray(Target& target) {
    while (in_.Next() != Token::kEndArray) {
      if (in_.current() == Token::kNull) {
        error_ = "A null stands where a JSON object is expected.";
        return false;
      }
      if (!DecodeObject(target)) return false;
    }
    return true;
  }

  bool DecodeObject(Target& target) {
    target.Reserve();
    if (in_.current() == Token::kError || in_.current() == Token::kNone || in_.current() == Token::kNull ||
        in_.is_scalar()) {
      error_ = in_.current() == Token::kError ? in_.error() : "No content to map due to end-of-input";
      return false;
    }
    for (size_t k = 0; k < width_; ++k) SetNullDeep(*(*target.columns)[k], target.rows);
    if (!ReadObject(plan_.fields, target)) return false;
    ++target.rows;
    return true;
  }

  void ClearSlot(Target& target) {
    if (target.rows >= target.capacity) return;
    for (ColumnPtr& column : *target.columns) SetValidDeep(*column, target.rows);
  }

  /// As Flink's row converter, also for a ROW of which only parts are read.
  bool ReadObject(const std::vector<FieldPlan>& fields, Target& target) {
    if (in_.current() != Token::kStartObject) {
      error_ = "Illegal JSON object data...";
      return false;
    }
    size_t count = 0;
    in_.Next();
    while (in_.current() != Token::kEndObject) {
      if (in_.current() == Token::kError || in_.current() == Token::kNone) {
        error_ = in_.error();
        return false;
      }
      if (count >= fields.size()) {
        in_.SkipToNextField();
        continue;
      }
      std::string_view name;
      if (!in_.Text(&name)) {
        error_ = "Malformed field name";
        return false;
      }
      const FieldPlan* field = nullptr;
      for (const FieldPlan& f : fields) {
        if (f.name == name) field = &f;
      }
      in_.Next();
      if (field == nullptr) {
        in_.SkipToNextField();
        continue;
      }
      ++count;
      if (!field->is_read()) {
        in_.SkipToNextField();
        continue;
      }
      if (!ReadField(*field, target)) {
        if (in_.current() != Token::kError) error_ = "Fail to deserialize at field: " + field->name + ".";
        return false;
      }
      in_.Next();
    }
    if (count < fields.size() && options_.fail_on_missing_field) {
      error_ = "Some field is missing in the JSON data.";
      return false;
    }
    return true;
  }

  bool ReadField(const FieldPlan& field, Target& target) {
    if (field.output >= 0) {
      if (converter_.Convert(in_, *(*target.columns)[static_cast<size_t>(field.output)], target.rows)) return true;
      error_ = converter_.error();
      return false;
    }
    if (in_.current() == Token::kNull) return true;
    if (ReadObject(field.children, target)) return true;
    if (!options_.ignore_parse_errors) return false;
    SetOutputsNull(field.children, target);
    return true;
  }

  void SetOutputsNull(const std::vector<FieldPlan>& fields, Target& target) {
    for (const FieldPlan& f : fields) {
      if (f.output >= 0) SetNullDeep(*(*target.columns)[static_cast<size_t>(f.output)], target.rows);
      SetOutputsNull(f.children, target);
    }
  }

  const JsonOptions options_;
  const ReadPlan plan_;
  const size_t width_;
  Tokenizer in_;
  Converter converter_;
  FastParser fast_;
  std::string error_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const JsonOptions options, ReadJsonOptions(request.options, false));
  for (const RowField& f : request.physical) SLUICE_RETURN_IF_ERROR(CheckJsonType(f.type));
  for (const std::vector<int>& path : request.paths) {
    INVARIANT(!path.empty() && path[0] >= 0 && static_cast<size_t>(path[0]) < request.physical.size(),
              "a path of the decode request leads nowhere");
  }
  if (!options.pull_parser) return MakeJsonTreeDecoder(request, options);
  return std::unique_ptr<Decoder>(std::make_unique<JsonDecoder>(request, options));
}

}  // namespace sluice::engine::json
