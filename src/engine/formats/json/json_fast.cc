#include "engine/formats/json/json_fast.h"

#include <charconv>
#include <cstring>

#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/types/datetime.h"

namespace sluice::engine::json {
namespace {

constexpr size_t kMaxLearned = 64;  // keys that only the data has, remembered for each object

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

inline const char* SkipBlanks(const char* p, const char* limit) {
  while (p < limit && (*p == ' ' || *p == '\t')) ++p;
  return p;
}

bool IsPlainName(std::string_view name) {
  for (char c : name) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return false;
  }
  return true;
}

std::string QuotedKey(const std::string& name) {
  std::string key;
  key.reserve(name.size() + 2);
  key.push_back('"');
  key.append(name);
  key.push_back('"');
  return key;
}

void CollectOutputs(const std::vector<FieldPlan>& fields, std::vector<int>& outputs) {
  for (const FieldPlan& f : fields) {
    if (f.output >= 0) outputs.push_back(f.output);
    CollectOutputs(f.children, outputs);
  }
}

}  // namespace

FastParser::FastParser(const ReadPlan& plan, const JsonOptions& options, Rules rules)
    : options_(options),
      strict_(options),
      converter_(strict_, plan.decimals),
      tree_(rules == Rules::kTree),
      decimals_(plan.decimals) {
  strict_.ignore_parse_errors = false;
  Compile(plan.fields, root_);
}

void FastParser::Compile(const std::vector<FieldPlan>& fields, Object& object) {
  object.known = fields.size();
  if (fields.size() > 4096) usable_ = false;
  for (const FieldPlan& plan : fields) {
    if (!IsPlainName(plan.name)) usable_ = false;
    object.order.push_back(static_cast<uint16_t>(object.fields.size()));
    CompileField(plan, object.fields.emplace_back());
  }
}

void FastParser::CompileField(const FieldPlan& plan, Field& field) {
  field.key = QuotedKey(plan.name);
  field.counts = true;
  field.output = plan.output;
  if (!plan.children.empty()) {
    field.op = Op::kObject;
    field.object = std::make_unique<Object>();
    CollectOutputs(plan.children, field.object->outputs);
    Compile(plan.children, *field.object);
  } else if (plan.output >= 0) {
    CompileWhole(plan.type, field);
  }
}

void FastParser::CompileWhole(const DataType& type, Field& field) {
  switch (type.kind()) {
    case TypeKind::kBoolean: field.op = Op::kBoolean; break;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
      field.op = Op::kInt;
      field.bits = 8 << (static_cast<int>(type.kind()) - static_cast<int>(TypeKind::kTinyint));
      break;
    case TypeKind::kFloat: field.op = Op::kFloat; break;
    case TypeKind::kDouble: field.op = Op::kDouble; break;
    case TypeKind::kChar:
    case TypeKind::kVarchar: field.op = Op::kString; break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: field.op = Op::kTimestamp; break;
    case TypeKind::kRow: {
      field.op = Op::kObject;
      field.object = std::make_unique<Object>();
      Object& object = *field.object;
      object.known = type.fields().size();
      for (const RowField& f : type.fields()) {
        object.order.push_back(static_cast<uint16_t>(object.fields.size()));
        Field& child = object.fields.emplace_back();
        child.key = QuotedKey(f.name);
        // A name that cannot be compared byte by byte makes every record with it go the slow way.
        if (!IsPlainName(f.name)) child.key.assign(1, '\n');
        child.counts = true;
        CompileWhole(f.type, child);
      }
      break;
    }
    default: field.op = Op::kOther;
  }
}

void FastParser::BindField(Field& field, Column* column) {
  field.column = column;
  if (field.op != Op::kObject) return;
  field.object->column = column;
  for (size_t k = 0; k < field.object->known; ++k) BindField(field.object->fields[k], column->child(k).get());
}

void FastParser::BindObject(Object& object, const std::vector<ColumnPtr>& columns) {
  object.columns.clear();
  for (int output : object.outputs) object.columns.push_back(columns[static_cast<size_t>(output)].get());
  for (size_t k = 0; k < object.known; ++k) {
    Field& field = object.fields[k];
    if (field.output >= 0) {
      BindField(field, columns[static_cast<size_t>(field.output)].get());
    } else if (field.object) {
      BindObject(*field.object, columns);
    }
  }
}

void FastParser::Bind(const std::vector<ColumnPtr>& columns, const std::shared_ptr<const Buffer>& chunk) {
  chunk_ = chunk;
  converter_.UseChunk(chunk);
  BindObject(root_, columns);
}

const char* FastParser::Parse(const char* p, const char* limit, size_t row) {
  limit_ = limit;
  row_ = row;
  p = SkipBlanks(p, limit_);
  if (*p != '{') return nullptr;
  p = ParseObject(root_, p);
  return p != nullptr && p <= limit ? p : nullptr;
}

const char* FastParser::Skip(const char* p, const char* limit) {
  limit_ = limit;
  p = SkipValue(p, 0);
  return p != nullptr && p <= limit ? p : nullptr;
}

const char* FastParser::ParseObject(Object& object, const char* p) {
  const uint64_t stamp = ++stamp_;
  size_t count = 0;
  p = SkipBlanks(p + 1, limit_);
  if (*p == '}') {
    ++p;
  } else {
    for (size_t position = 0;; ++position) {
      if (p >= limit_) return nullptr;
      Field* field = nullptr;
      p = FindField(object, p, position, &field);
      if (p == nullptr) return nullptr;
      if (*p != ':') p = SkipBlanks(p, limit_);
      if (*p != ':') return nullptr;
      p = SkipBlanks(p + 1, limit_);
      if (field != nullptr) {
        if (field->counts) {
          if (field->stamp == stamp) return nullptr;
          field->stamp = stamp;
          ++count;
        }
        p = ParseValue(*field, p);
      } else {
        p = SkipValue(p, 0);
      }
      if (p == nullptr) return nullptr;
      if (*p == ' ' || *p == '\t') p = SkipBlanks(p, limit_);
      if (*p == '}') {
        ++p;
        break;
      }
      if (*p != ',') return nullptr;
      p = SkipBlanks(p + 1, limit_);
    }
  }
  if (count < object.known) {
    if (options_.fail_on_missing_field) return nullptr;
    for (size_t k = 0; k < object.known; ++k) {
      if (object.fields[k].stamp != stamp) SetNull(object.fields[k]);
    }
  }
  return p;
}

namespace {

template <typename Word>
bool SameWord(const char* a, const char* b) {
  Word x, y;
  std::memcpy(&x, a, sizeof(Word));
  std::memcpy(&y, b, sizeof(Word));
  return x == y;
}

/// memcmp for what is a few bytes long and mostly equal: without its call, by words that may overlap.
bool SameKey(const char* a, const char* b, size_t size) {
  if (size > 16 || size < 4) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return SameWord<uint64_t>(a, b) && SameWord<uint64_t>(a + size - 8, b + size - 8);
  return SameWord<uint32_t>(a, b) && SameWord<uint32_t>(a + size - 4, b + size - 4);
}

}  // namespace

/// The field whose key starts at p: usually the one that stood here in the last record. Answers the byte after the
/// key; *found stays null for a key that is neither known nor remembered.
const char* FastParser::FindField(Object& object, const char* p, size_t position, Field** found) {
  if (position < object.order.size()) {
    Field& guess = object.fields[object.order[position]];
    const size_t size = guess.key.size();
    if (static_cast<size_t>(limit_ - p) > size && SameKey(p, guess.key.data(), size)) {
      *found = &guess;
      return p + size;
    }
  }
  if (*p != '"') return nullptr;
  bool escaped = false, ascii = true;
  const char* end = ScanString(p, &escaped, &ascii);
  if (end == nullptr || escaped) return nullptr;
  const std::string_view key(p, static_cast<size_t>(end - p));
  size_t k = 0;
  while (k < object.fields.size() && object.fields[k].key != key) ++k;
  if (k == object.fields.size()) {
    if (k - object.known >= kMaxLearned) return ascii ? end : nullptr;
    if (!ascii) {
      const char* checked = SkipString(p);
      if (checked == nullptr) return nullptr;
    }
    // Fields move when the vector grows; nobody above holds one of this object.
    object.fields.emplace_back().key = std::string(key);
  }
  if (object.order.size() <= position) object.order.resize(position + 1, static_cast<uint16_t>(k));
  object.order[position] = static_cast<uint16_t>(k);
  *found = &object.fields[k];
  return end;
}

const char* FastParser::ParseValue(Field& field, const char* p) {
  if (field.op == Op::kSkip) return SkipValue(p, 0);
  if (*p == 'n') {
    if (std::memcmp(p, "null", 4) != 0) return nullptr;
    SetNull(field);
    return p + 4;
  }
  switch (field.op) {
    case Op::kObject: return *p == '{' ? ParseObject(*field.object, p) : nullptr;
    case Op::kInt: return ParseInt(field, p);
    case Op::kString: return ParseString(field, p);
    case Op::kTimestamp: return ParseTimestamp(field, p);
    case Op::kFloat:
    case Op::kDouble: return ParseFloating(field, p);
    case Op::kBoolean:
      if (std::memcmp(p, "true", 4) == 0) {
        field.column->data<uint8_t>()[row_] = 1;
        return p + 4;
      }
      if (std::memcmp(p, "false", 5) == 0) {
        field.column->data<uint8_t>()[row_] = 0;
        return p + 5;
      }
      return nullptr;
    default: return ParseOther(field, p);
  }
}

void FastParser::SetNull(const Field& field) {
  if (field.object && field.column == nullptr) {
    SetObjectNull(*field.object);
  } else if (field.column != nullptr) {
    SetNullDeep(*field.column, row_);
  }
}

void FastParser::SetObjectNull(const Object& object) {
  for (Column* column : object.columns) SetNullDeep(*column, row_);
}

const char* FastParser::ParseInt(const Field& field, const char* p) {
  const bool negative = *p == '-';
  if (negative) ++p;
  const char* start = p;
  uint64_t v = 0;
  while (IsDigit(*p) && p - start < 19) v = v * 10 + static_cast<uint64_t>(*p++ - '0');
  const auto digits = p - start;
  if (digits == 0 || digits > 18 || (*start == '0' && digits > 1)) return nullptr;
  if (*p == '.' || *p == 'e' || *p == 'E') return nullptr;
  const int64_t value = negative ? -static_cast<int64_t>(v) : static_cast<int64_t>(v);
  switch (field.bits) {
    case 64: field.column->data<int64_t>()[row_] = value; return p;
    case 32:
      if (value != static_cast<int32_t>(value)) return nullptr;
      field.column->data<int32_t>()[row_] = static_cast<int32_t>(value);
      return p;
    case 16:
      if (value != static_cast<int16_t>(value)) return nullptr;
      field.column->data<int16_t>()[row_] = static_cast<int16_t>(value);
      return p;
    default:
      if (value != static_cast<int8_t>(value)) return nullptr;
      field.column->data<int8_t>()[row_] = static_cast<int8_t>(value);
      return p;
  }
}

const char* FastParser::ParseFloating(const Field& field, const char* p) {
  if (*p != '-' && !IsDigit(*p)) return nullptr;
  const char* end = SkipNumber(p);
  if (end == nullptr) return nullptr;
  if (field.op == Op::kDouble) {
    double v = 0;
    if (std::from_chars(p, end, v).ec != std::errc()) return nullptr;
    field.column->data<double>()[row_] = v;
  } else {
    float v = 0;
    if (std::from_chars(p, end, v).ec != std::errc()) return nullptr;
    if (tree_ && !decimals_) {
      double wide = 0;
      if (std::from_chars(p, end, wide).ec != std::errc()) return nullptr;
      v = static_cast<float>(wide);
    }
    field.column->data<float>()[row_] = v;
  }
  return end;
}

const char* FastParser::ParseOther(const Field& field, const char* p) {
  const char* end = SkipValue(p, 0);
  if (end == nullptr || end > limit_) return nullptr;
  if (tree_) {
    // Elements of lists and maps are coerced otherwise, and strings are not trimmed.
    const PhysicalType physical = field.column->physical();
    if (physical == PhysicalType::kArray || physical == PhysicalType::kMap || *p == '{' || *p == '[') return nullptr;
    if (*p == '"' && field.column->type().kind() == TypeKind::kDecimal) return nullptr;
  }
  tokens_.Start({p, static_cast<size_t>(end - p)});
  tokens_.Next();
  return converter_.Convert(tokens_, *field.column, row_) ? end : nullptr;
}

const char* FastParser::ParseTimestamp(const Field& field, const char* p) {
  if (*p != '"' || limit_ - p < 22) return nullptr;
  const bool iso = options_.standard == text::TimestampStandard::kIso8601;
  const char* s = p + 1;
  if (s[10] != (iso ? 'T' : ' ') || s[13] != ':' || s[16] != ':') return nullptr;
  unsigned bad = 0;
  auto two = [&](const char* at) {
    const unsigned a = static_cast<unsigned char>(at[0] - '0'), b = static_cast<unsigned char>(at[1] - '0');
    bad |= (a > 9) | (b > 9);
    return static_cast<int>(a * 10 + b);
  };
  if (std::memcmp(s, date_.text, 10) != 0) {
    const std::optional<int32_t> days = text::ReadIsoDate({s, 10});
    if (!days) return nullptr;
    std::memcpy(date_.text, s, 10);
    date_.millis = int64_t{*days} * kMillisPerDay;
  }
  const int hour = two(s + 11), minute = two(s + 14), second = two(s + 17);
  if (bad != 0 || hour > 23 || minute > 59 || second > 59) return nullptr;
  s += 19;
  int nano = 0;
  if (*s == '.') {
    ++s;
    int count = 0;
    for (; count < 9 && IsDigit(*s); ++count) nano = nano * 10 + (*s++ - '0');
    for (; count < 9; ++count) nano *= 10;
  }
  if (field.column->type().kind() == TypeKind::kTimestampLtz && *s++ != 'Z') return nullptr;
  if (*s != '"') return nullptr;
  Timestamp t;
  t.millis = date_.millis + ((hour * 60 + minute) * 60 + second) * kMillisPerSecond + nano / 1'000'000;
  t.nanos = nano % 1'000'000;
  if (field.column->type().precision() == 3) {
    field.column->data<int64_t>()[row_] = t.millis;
  } else {
    text::StoreTimestamp(*field.column, row_, t);
  }
  return s + 1;
}

}  // namespace sluice::engine::json
