// debezium-json and ogg-json: a record holds the row before and after the change, and a letter for its kind.
#include "engine/formats/cdc/change_decoder.h"

namespace sluice::engine::cdc {
namespace {

class EnvelopeDecoder : public ChangeDecoder {
 public:
  using ChangeDecoder::ChangeDecoder;

 protected:
  bool Read(const json::Node* root, std::string_view record, Target& target) override {
    // One record may stand in an array.
    if (root != nullptr && root->kind == json::NodeKind::kArray && root->count == 1) root = document_.first(*root);
    if (root == nullptr || root->kind == json::NodeKind::kNull) return Fail("");
    if (root->kind != json::NodeKind::kObject) return Fail("It is not a JSON object.");
    const json::Node* payload = root;
    if (options_.schema_include) {
      bool ok = true;
      payload = document_.Get(root, "payload");
      if (!IsRow(payload, "payload", &ok)) return ok && Fail("It has no \"payload\".");
    }
    const bool ogg = dialect_ == Dialect::kOgg;
    const std::string_view op_field = ogg ? "op_type" : "op";
    const json::Node* before = document_.Get(payload, "before");
    const json::Node* after = document_.Get(payload, "after");
    bool ok = true;
    if (!IsRow(before, "before", &ok)) before = nullptr;
    if (ok && !IsRow(after, "after", &ok)) after = nullptr;
    if (!ok) return false;
    std::string op;
    const bool known = ReadKind(document_.Get(payload, op_field), &op);
    const bool insert = known && (ogg ? op == "I" : op == "c" || op == "r");
    const bool update = known && op == (ogg ? "U" : "u");
    const bool remove = known && op == (ogg ? "D" : "d");
    // Flink converts both images before it looks at the kind.
    const bool uses_before = update || remove, uses_after = insert || update;
    if (before != nullptr && !(uses_before ? ReadImage(*before, target, 0) : CheckImage(*before, target))) return false;
    if (after != nullptr && uses_after && !ReadImage(*after, target, update ? 1 : 0)) return false;
    if (after != nullptr && !uses_after && !CheckImage(*after, target)) return false;
    if (!known) return Fail("It has no \"" + std::string(op_field) + "\".");
    if (!insert && !update && !remove) return UnknownKind(op_field, op, record);
    if (uses_before && before == nullptr) return NoBefore(update ? "UPDATE" : "DELETE");
    if (uses_after && after == nullptr) return Fail("It has no \"after\".");
    if (insert) return Emit(RowKind::kInsert, root, payload, target);
    if (remove) return Emit(RowKind::kDelete, root, payload, target);
    return Emit(RowKind::kUpdateBefore, root, payload, target) && Emit(RowKind::kUpdateAfter, root, payload, target);
  }

 private:
  bool NoBefore(std::string_view change) {
    whole_error_ = true;
    return Fail("The \"before\" field of " + std::string(change) + " message is null, if you are using " +
                std::string(ProductName(dialect_)) +
                " Postgres Connector, please check the Postgres table has been set REPLICA IDENTITY to FULL level.");
  }
};

}  // namespace

Result<std::unique_ptr<Decoder>> MakeEnvelopeDecoder(Dialect dialect, const DecodeRequest& request,
                                                     const CdcOptions& options) {
  return std::unique_ptr<Decoder>(std::make_unique<EnvelopeDecoder>(dialect, request, options));
}

}  // namespace sluice::engine::cdc
