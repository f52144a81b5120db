// debezium-json and ogg-json: a record holds the row before and after the change, and a letter for its kind.
#include <cstring>

#include "engine/formats/cdc/change_decoder.h"
#include "engine/formats/json/json_fast.h"

namespace sluice::engine::cdc {
namespace {

const char* SkipBlanks(const char* p, const char* limit) {
  while (p < limit && (*p == ' ' || *p == '\t')) ++p;
  return p;
}

class EnvelopeDecoder : public ChangeDecoder {
 public:
  EnvelopeDecoder(Dialect dialect, const DecodeRequest& request, const CdcOptions& options)
      : ChangeDecoder(dialect, request, options),
        fast_(plan_, options_.json, json::FastParser::Rules::kTree),
        op_key_(dialect == Dialect::kOgg ? "\"op_type\"" : "\"op\"") {}

 protected:
  void Bind(Target& target) override {
    ChangeDecoder::Bind(target);
    if (fast_.usable()) fast_.Bind(*target.columns, target.chunk);
  }

  /// Plain records in one pass, straight into the columns; anything odd is left to Read.
  const char* TryRecord(const char* p, const char* limit, Target& target) override {
    if (!fast_.usable() || !metadata_.empty()) return nullptr;
    target.Reserve(2);
    images_ = {};
    p = SkipBlanks(p, limit);
    p = options_.schema_include ? ScanOuter(p, limit, target) : ScanRecord(p, limit, target);
    return p != nullptr && EmitImages(target) ? p : nullptr;
  }

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
  /// What the fast path saw in the record.
  struct Images {
    bool before = false;
    bool after = false;
    bool seen_before = false;
    bool seen_after = false;
    bool seen_payload = false;
    char op = 0;
  };

  /// Calls field(key, p) at every value of the object at `p`; it answers the byte after the value, or null.
  template <typename F>
  static const char* ForEachField(const char* p, const char* limit, F&& field) {
    if (p >= limit || *p != '{') return nullptr;
    p = SkipBlanks(p + 1, limit);
    while (true) {
      if (p >= limit || *p != '"') return nullptr;
      const auto* end = static_cast<const char*>(std::memchr(p + 1, '"', static_cast<size_t>(limit - p - 1)));
      if (end == nullptr) return nullptr;
      const std::string_view key(p, static_cast<size_t>(end + 1 - p));
      for (const char c : key) {
        if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x80) return nullptr;
      }
      p = SkipBlanks(end + 1, limit);
      if (p >= limit || *p != ':') return nullptr;
      p = field(key, SkipBlanks(p + 1, limit));
      if (p == nullptr) return nullptr;
      p = SkipBlanks(p, limit);
      if (p >= limit) return nullptr;
      if (*p == '}') return p + 1;
      if (*p != ',') return nullptr;
      p = SkipBlanks(p + 1, limit);
    }
  }

  const char* ScanOuter(const char* p, const char* limit, Target& target) {
    return ForEachField(p, limit, [&](std::string_view key, const char* at) -> const char* {
      if (key != "\"payload\"") return fast_.Skip(at, limit);
      if (images_.seen_payload) return nullptr;
      images_.seen_payload = true;
      return ScanRecord(at, limit, target);
    });
  }

  const char* ScanRecord(const char* p, const char* limit, Target& target) {
    return ForEachField(p, limit, [&](std::string_view key, const char* at) -> const char* {
      if (key == "\"before\"") {
        if (images_.seen_before || images_.seen_after) return nullptr;
        images_.seen_before = true;
        return ScanImage(at, limit, target.rows, &images_.before);
      }
      if (key == "\"after\"") {
        if (images_.seen_after) return nullptr;
        images_.seen_after = true;
        return ScanImage(at, limit, target.rows + (images_.before ? 1 : 0), &images_.after);
      }
      if (key != op_key_) return fast_.Skip(at, limit);
      if (images_.op != 0 || limit - at < 3 || at[0] != '"' || at[2] != '"') return nullptr;
      images_.op = at[1];
      return at + 3;
    });
  }

  const char* ScanImage(const char* p, const char* limit, size_t row, bool* there) {
    if (limit - p >= 4 && std::memcmp(p, "null", 4) == 0) return p + 4;
    *there = true;
    return fast_.Parse(p, limit, row);
  }

  bool EmitImages(Target& target) {
    const bool ogg = dialect_ == Dialect::kOgg;
    const char op = images_.op;
    if (ogg ? op == 'I' : op == 'c' || op == 'r') {
      if (images_.before || !images_.after) return false;
      target.kinds->push_back(RowKind::kInsert);
    } else if (op == (ogg ? 'U' : 'u')) {
      if (!images_.before || !images_.after) return false;
      target.kinds->push_back(RowKind::kUpdateBefore);
      target.kinds->push_back(RowKind::kUpdateAfter);
      ++target.rows;
    } else if (op == (ogg ? 'D' : 'd')) {
      if (!images_.before || images_.after) return false;
      target.kinds->push_back(RowKind::kDelete);
    } else {
      return false;
    }
    ++target.rows;
    return true;
  }

  bool NoBefore(std::string_view change) {
    whole_error_ = true;
    return Fail("The \"before\" field of " + std::string(change) + " message is null, if you are using " +
                std::string(ProductName(dialect_)) +
                " Postgres Connector, please check the Postgres table has been set REPLICA IDENTITY to FULL level.");
  }

  json::FastParser fast_;
  const std::string_view op_key_;
  Images images_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> MakeEnvelopeDecoder(Dialect dialect, const DecodeRequest& request,
                                                     const CdcOptions& options) {
  return std::unique_ptr<Decoder>(std::make_unique<EnvelopeDecoder>(dialect, request, options));
}

}  // namespace sluice::engine::cdc
