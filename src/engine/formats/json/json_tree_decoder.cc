// json with 'decode.json-parser.enabled' = 'false': Flink's JsonRowDataDeserializationSchema, which reads a tree first.
#include "engine/formats/json/json_convert.h"
#include "engine/formats/json/json_decoder.h"
#include "engine/formats/json/json_tree_convert.h"
#include "engine/formats/text/line_decoder.h"
#include "engine/formats/text/utf8.h"

namespace sluice::engine::json {
namespace {

class JsonTreeDecoder : public text::LineDecoder {
 public:
  JsonTreeDecoder(const DecodeRequest& request, const JsonOptions& options)
      : options_(options), plan_(CompilePlan(request)), converter_(options_, plan_.decimals) {}

 protected:
  void Bind(Target& target) override { converter_.Use(&document_, target.chunk); }
  void Unbind(Target& target, size_t from) override { FillDerived(plan_, from, target.rows, *target.columns); }

  Status DecodeRecord(std::string_view record, Target& target) override {
    const size_t rows_before = target.rows;
    std::string reason;
    if (!document_.Parse(record)) {
      reason = document_.error();
    } else if (Read(target)) {
      return {};
    } else {
      reason = converter_.error();
    }
    if (target.rows < target.capacity) {
      for (ColumnPtr& column : *target.columns) SetValidDeep(*column, target.rows);
    }
    if (options_.ignore_parse_errors) return {};
    target.rows = rows_before;
    return Error(ErrorCode::kData, "Failed to deserialize JSON '" + text::ReplaceInvalidUtf8(record) + "'. " + reason);
  }

 private:
  /// One object, or an array of them. A null, or under ignore-parse-errors anything else, makes no row.
  bool Read(Target& target) {
    const Node* root = document_.root();
    if (root == nullptr || root->kind != NodeKind::kArray) return ReadRow(root, target);
    for (const Node* row = document_.first(*root); row != nullptr; row = document_.next(*row)) {
      if (!ReadRow(row, target)) return false;
    }
    return true;
  }

  bool ReadRow(const Node* node, Target& target) {
    if (node == nullptr || node->kind == NodeKind::kNull) return true;
    if (node->kind != NodeKind::kObject && options_.ignore_parse_errors) return true;
    target.Reserve();
    if (!converter_.ReadFields(plan_.fields, *node, *target.columns, target.rows)) return false;
    ++target.rows;
    return true;
  }

  const JsonOptions options_;
  const ReadPlan plan_;
  Document document_;
  TreeConverter converter_;
};

}  // namespace

std::unique_ptr<Decoder> MakeJsonTreeDecoder(const DecodeRequest& request, const JsonOptions& options) {
  return std::make_unique<JsonTreeDecoder>(request, options);
}

}  // namespace sluice::engine::json
