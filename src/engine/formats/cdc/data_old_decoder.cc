// canal-json and maxwell-json: a record holds the rows as they are now and, of an update, the old values of the columns
// that changed. Canal puts many rows into a record, Maxwell one.
#include "engine/formats/cdc/change_decoder.h"
#include "engine/functions/regex.h"

namespace sluice::engine::cdc {
namespace {

class DataOldDecoder : public ChangeDecoder {
 public:
  using ChangeDecoder::ChangeDecoder;

  Status CompilePatterns() {
    if (options_.by_database) {
      SLUICE_ASSIGN_OR_RETURN(database_, Regex::Compile(options_.database_pattern));
    }
    if (options_.by_table) {
      SLUICE_ASSIGN_OR_RETURN(table_, Regex::Compile(options_.table_pattern));
    }
    return {};
  }

 protected:
  bool Read(const json::Node* root, std::string_view record, Target& target) override {
    bool wanted = true;
    if (!Included(root, "database", database_.get(), &wanted) || !Included(root, "table", table_.get(), &wanted)) {
      return false;
    }
    if (!wanted) return true;
    if (root == nullptr || root->kind == json::NodeKind::kNull) return Fail("");
    if (root->kind != json::NodeKind::kObject) return Fail("It is not a JSON object.");
    const bool canal = dialect_ == Dialect::kCanal;
    const json::Node* data = document_.Get(root, "data");
    const json::Node* old = document_.Get(root, "old");
    bool ok = true;
    if (!HasImages(data, "data", target, &ok)) data = nullptr;
    if (ok && !HasImages(old, "old", target, &ok)) old = nullptr;
    if (!ok) return false;
    std::string type;
    if (!ReadKind(document_.Get(root, "type"), &type)) return Fail("It has no \"type\".");
    const bool update = type == (canal ? "UPDATE" : "update");
    const bool insert = type == (canal ? "INSERT" : "insert");
    const bool remove = type == (canal ? "DELETE" : "delete");
    if (canal && type == "CREATE") return true;  // a change of the schema
    if (!insert && !update && !remove) return UnknownKind("type", type, record);
    if (data == nullptr) return Fail("It has no \"data\".");
    if (!canal) {
      return update ? ReadUpdate(root, data, old, old, target) : ReadOne(root, data, remove, target);
    }
    const json::Node* before = old == nullptr ? nullptr : document_.first(*old);
    for (const json::Node* row = document_.first(*data); row != nullptr; row = document_.next(*row)) {
      if (!(update ? ReadUpdate(root, row, before, old, target) : ReadOne(root, row, remove, target))) return false;
      if (before != nullptr) before = document_.next(*before);
    }
    return true;
  }

 private:
  /// canal's database.include and table.include: the whole name must match.
  bool Included(const json::Node* root, std::string_view field, const Regex* pattern, bool* wanted) {
    if (pattern == nullptr || !*wanted) return true;
    const json::Node* node = document_.Get(root, field);
    if (node == nullptr) return Fail("It has no \"" + std::string(field) + "\".");
    std::string scratch;
    const std::string_view name = document_.AsText(*node, plan_.decimals, scratch);
    *wanted = pattern->Find(name, 0) && pattern->group(0) == std::pair<size_t, size_t>(0, name.size());
    return true;
  }

  /// Flink converts all images before it looks at the type: bad values are refused even where they are not used.
  bool HasImages(const json::Node* node, std::string_view name, Target& target, bool* ok) {
    if (dialect_ == Dialect::kMaxwell) {
      if (!IsRow(node, name, ok)) return false;
      *ok = CheckImage(*node, target);
      return true;
    }
    if (node == nullptr || node->kind == json::NodeKind::kNull) return false;
    if (node->kind != json::NodeKind::kArray) {
      if (!options_.json.ignore_parse_errors) {
        *ok = Fail("Fail to deserialize at field: " + std::string(name) + ". It is not a JSON array.");
      }
      return false;
    }
    for (const json::Node* row = document_.first(*node); row != nullptr && *ok; row = document_.next(*row)) {
      if (IsRow(row, name, ok)) *ok = CheckImage(*row, target);
    }
    return true;
  }

  bool ReadOne(const json::Node* root, const json::Node* row, bool remove, Target& target) {
    if (row->kind != json::NodeKind::kObject) return Fail("A row of its \"data\" is null.");
    return ReadImage(*row, target, 0) && Emit(remove ? RowKind::kDelete : RowKind::kInsert, root, root, target);
  }

  /// A column has its old value if the record's "old" names it anywhere, else the new one. `scope`: where it is looked
  /// for; in canal the old values of all rows of the record.
  bool ReadUpdate(const json::Node* root, const json::Node* row, const json::Node* old, const json::Node* scope,
                  Target& target) {
    if (old == nullptr || old->kind != json::NodeKind::kObject) return Fail("A row of its \"old\" is missing.");
    if (row->kind != json::NodeKind::kObject) return Fail("A row of its \"data\" is null.");
    target.Reserve(2);
    for (const json::FieldPlan& field : plan_.fields) {
      if (!field.is_read()) continue;
      const bool changed = document_.FindValue(scope, field.name) != nullptr;
      const json::Node* value = document_.Get(changed ? old : row, field.name);
      if (!converter_.ReadField(field, value, *target.columns, target.rows)) return Fail(converter_.error());
    }
    return ReadImage(*row, target, 1) && Emit(RowKind::kUpdateBefore, root, root, target) &&
           Emit(RowKind::kUpdateAfter, root, root, target);
  }

  std::unique_ptr<Regex> database_;
  std::unique_ptr<Regex> table_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> MakeDataOldDecoder(Dialect dialect, const DecodeRequest& request,
                                                    const CdcOptions& options) {
  auto decoder = std::make_unique<DataOldDecoder>(dialect, request, options);
  SLUICE_RETURN_IF_ERROR(decoder->CompilePatterns());
  return std::unique_ptr<Decoder>(std::move(decoder));
}

}  // namespace sluice::engine::cdc
