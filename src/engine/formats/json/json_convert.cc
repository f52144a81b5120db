#include "engine/formats/json/json_convert.h"

#include <cmath>

#include "engine/formats/json/json_scalars.h"
#include "engine/formats/json/json_text.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::json {

void SetNullDeep(Column& column, size_t i) {
  column.SetNull(i);
  if (column.physical() != PhysicalType::kRow) return;
  for (size_t k = 0; k < column.child_count(); ++k) SetNullDeep(*column.child(k), i);
}

void SetValidDeep(Column& column, size_t i) {
  column.SetValid(i);
  if (column.physical() != PhysicalType::kRow) return;
  for (size_t k = 0; k < column.child_count(); ++k) SetValidDeep(*column.child(k), i);
}

bool Converter::Fail(std::string message) {
  error_ = std::move(message);
  return false;
}

bool Converter::Convert(Tokenizer& in, Column& column, size_t i) {
  if (in.current() == Token::kNull || in.current() == Token::kNone) {
    SetNullDeep(column, i);
    return true;
  }
  column.SetValid(i);
  if (ConvertNotNull(in, column, i)) return true;
  SetNullDeep(column, i);
  return options_.ignore_parse_errors;
}

bool Converter::ConvertNotNull(Tokenizer& in, Column& column, size_t i) {
  if (in.current() == Token::kError) return Fail(in.error());
  switch (column.physical()) {
    case PhysicalType::kArray: return ConvertArray(in, column, i);
    case PhysicalType::kMap: return ConvertMap(in, column, i);
    case PhysicalType::kRow: return ConvertRow(in, column, i);
    case PhysicalType::kString:
      return column.type().is_binary() ? ConvertBytes(in, column, i) : ConvertString(in, column, i);
    default: return ConvertScalar(in, column, i);
  }
}

bool Converter::ConvertScalar(Tokenizer& in, Column& column, size_t i) {
  std::string_view text;
  if (!in.Text(&text)) return Fail(in.error());
  const Token token = in.current();
  switch (column.type().kind()) {
    case TypeKind::kBoolean:
      column.data<uint8_t>()[i] = token == Token::kTrue || text::ParseJavaBoolean(JavaTrim(text));
      return true;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: {
      const bool fraction = token == Token::kFloat;
      return StoreInteger(fraction, token == Token::kString ? JavaTrim(text) : text, column, i, &error_);
    }
    case TypeKind::kFloat: {
      const std::optional<float> v = ParseFloat(text);
      if (!v) return Fail("For input string: \"" + std::string(text) + "\"");
      column.data<float>()[i] = *v;
      return true;
    }
    case TypeKind::kDouble: {
      const std::optional<double> v = ParseDouble(text);
      if (!v) return Fail("For input string: \"" + std::string(text) + "\"");
      column.data<double>()[i] = *v;
      return true;
    }
    case TypeKind::kDecimal: return ConvertDecimal(token, text, column, i);
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return StoreTemporal(text, options_.standard, column, i, &error_);
    default: column.SetNull(i); return true;
  }
}

bool Converter::ConvertDecimal(Token token, std::string_view text, Column& column, size_t i) {
  if (token == Token::kString) {
    text = JavaTrim(text);
  } else if (token != Token::kInt && token != Token::kFloat) {
    return Fail("Current token not numeric, can not use numeric value accessors");
  }
  if (text::StoreDecimal(column, i, text)) return true;
  return Fail("Character array is not a number: " + std::string(text));
}

bool Converter::ConvertString(Tokenizer& in, Column& column, size_t i) {
  if (in.current() == Token::kStartObject || in.current() == Token::kStartArray) {
    std::string tree;
    if (!WriteTree(in, decimals_, &tree)) return Fail(in.error());
    column.SetString(i, tree);
    return true;
  }
  std::string_view text;
  if (!in.Text(&text)) return Fail("Malformed string");
  const bool in_chunk = chunk_ && text.data() == in.raw().data();
  if (in_chunk && text.size() > StringRef::kInline) {
    column.Retain(chunk_);
    column.data<StringRef>()[i] = StringRef(text);
  } else {
    column.SetString(i, text);
  }
  return true;
}

bool Converter::ConvertBytes(Tokenizer& in, Column& column, size_t i) {
  std::string_view text;
  if (in.current() != Token::kString) return Fail("Current token not VALUE_STRING, can not access as binary");
  if (!in.Text(&text) || !text::DecodeBase64(text, &scratch_)) return Fail("Failed to decode base64");
  column.SetString(i, scratch_);
  return true;
}

bool Converter::ConvertArray(Tokenizer& in, Column& column, size_t i) {
  if (in.current() != Token::kStartArray) return Fail("Illegal JSON array data...");
  Column& elements = *column.child(0);
  const size_t offset = elements.size();
  while (in.Next() != Token::kEndArray) {
    if (in.current() == Token::kError || in.current() == Token::kNone) return Fail(in.error());
    elements.Resize(elements.size() + 1);
    if (!Convert(in, elements, elements.size() - 1)) return false;
  }
  column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(elements.size() - offset)};
  return true;
}

bool Converter::ConvertMap(Tokenizer& in, Column& column, size_t i) {
  if (in.current() != Token::kStartObject) return Fail("Illegal JSON map data...");
  std::vector<std::string> names;
  const ColumnPtr read = Column::Make(column.child(1)->type(), 0);
  while (in.Next() != Token::kEndObject) {
    if (in.current() == Token::kError || in.current() == Token::kNone) return Fail(in.error());
    std::string_view name;
    if (!in.Text(&name)) return Fail("Malformed field name");
    names.emplace_back(name);
    in.Next();
    read->Resize(read->size() + 1);
    if (!Convert(in, *read, read->size() - 1)) return false;
    if (in.current() == Token::kError) return Fail(in.error());
  }
  text::StoreTextMap(column, i, names, *read);
  return true;
}

bool Converter::ConvertRow(Tokenizer& in, Column& column, size_t i) {
  if (in.current() != Token::kStartObject) return Fail("Illegal JSON object data...");
  const std::vector<RowField>& fields = column.type().fields();
  for (size_t k = 0; k < fields.size(); ++k) SetNullDeep(*column.child(k), i);
  size_t count = 0;
  in.Next();
  while (in.current() != Token::kEndObject) {
    if (in.current() == Token::kError || in.current() == Token::kNone) return Fail(in.error());
    if (count >= fields.size()) {
      in.SkipToNextField();
      continue;
    }
    std::string_view text;
    if (!in.Text(&text)) return Fail("Malformed field name");
    const int index = column.type().FieldIndex(text);
    in.Next();
    if (index < 0) {
      in.SkipToNextField();
      continue;
    }
    if (!Convert(in, *column.child(static_cast<size_t>(index)), i)) {
      return Fail("Fail to deserialize at field: " + fields[static_cast<size_t>(index)].name + ".");
    }
    in.Next();
    ++count;
  }
  if (count < fields.size() && options_.fail_on_missing_field) {
    return Fail("Some field is missing in the JSON data.");
  }
  return true;
}

// --- trees as text

namespace {

void WriteNumber(std::string_view raw, bool is_float, bool decimals, std::string* out) {
  if (!is_float) {
    *out += raw == "-0" ? std::string_view("0") : raw;
  } else if (!decimals || !AppendBigDecimal(*out, raw, true, false)) {
    AppendDoubleNode(*out, ParseDouble(raw).value_or(0));
  }
}

bool WriteObject(Tokenizer& in, bool decimals, std::string* out) {
  // A repeated key keeps its first place and its last value.
  std::vector<std::pair<std::string, std::string>> entries;
  while (in.Next() != Token::kEndObject) {
    std::string_view text;
    if (in.current() != Token::kFieldName || !in.Text(&text)) return false;
    size_t at = 0;
    while (at < entries.size() && entries[at].first != text) ++at;
    if (at == entries.size()) entries.emplace_back(text, "");
    in.Next();
    entries[at].second.clear();
    if (!WriteTree(in, decimals, &entries[at].second)) return false;
  }
  out->push_back('{');
  for (size_t k = 0; k < entries.size(); ++k) {
    if (k > 0) out->push_back(',');
    AppendQuoted(*out, entries[k].first);
    out->push_back(':');
    *out += entries[k].second;
  }
  out->push_back('}');
  return true;
}

}  // namespace

bool WriteTree(Tokenizer& in, bool decimals, std::string* out) {
  switch (in.current()) {
    case Token::kStartObject: return WriteObject(in, decimals, out);
    case Token::kStartArray:
      out->push_back('[');
      for (bool first = true; in.Next() != Token::kEndArray; first = false) {
        if (!first) out->push_back(',');
        if (!WriteTree(in, decimals, out)) return false;
      }
      out->push_back(']');
      return true;
    case Token::kInt:
    case Token::kFloat: WriteNumber(in.raw(), in.current() == Token::kFloat, decimals, out); return true;
    case Token::kString: {
      std::string_view text;
      if (!in.Text(&text)) return false;
      AppendQuoted(*out, text);
      return true;
    }
    case Token::kTrue:
    case Token::kFalse:
    case Token::kNull: *out += in.raw(); return true;
    default: return false;
  }
}

}  // namespace sluice::engine::json
