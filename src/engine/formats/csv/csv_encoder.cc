#include "engine/formats/csv/csv_encoder.h"

#include <algorithm>

#include "engine/formats/csv/csv_options.h"
#include "engine/formats/json/json_text.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine::csv {
namespace {

/// Jackson looks at no more than so many characters; longer texts are quoted whatever they hold.
constexpr size_t kMostChecked = 24;

size_t Utf16Length(std::string_view s) {
  size_t n = 0;
  for (char c : s) n += ((c & 0xC0) != 0x80) + ((static_cast<unsigned char>(c) & 0xF8) == 0xF0);
  return n;
}

class CsvEncoder : public Encoder {
 public:
  explicit CsvEncoder(const CsvOptions& options) : options_(options) {
    const int quote = options_.quote ? static_cast<unsigned char>(*options_.quote) : -1;
    min_safe_ = std::max({static_cast<int>(static_cast<unsigned char>(options_.delimiter)), quote, int{'\n'}}) + 1;
  }

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    for (size_t c = 0; c < batch.columns.size(); ++c) {
      if (c > 0) out.push_back(options_.delimiter);
      const Column& column = *batch.columns[c];
      const size_t i = column.index(position);
      if (column.IsNull(i)) {
        if (options_.null_literal) out += *options_.null_literal;
        continue;
      }
      value_.clear();
      AppendPlain(column, i, value_);
      if (IsText(column.type()) && NeedsQuotes(value_)) {
        Quote(value_, out);
      } else {
        out += value_;
      }
    }
    return {};
  }

 private:
  static bool IsText(const DataType& type) {
    return !type.is_numeric() && type.kind() != TypeKind::kBoolean && !type.is_interval();
  }

  bool NeedsQuotes(std::string_view s) const {
    if (!options_.quote) return false;
    if (s.size() > kMostChecked && Utf16Length(s) > kMostChecked) return true;
    return std::any_of(s.begin(), s.end(), [&](char c) {
      return static_cast<unsigned char>(c) < min_safe_ || c == '\\' || (options_.escape && c == *options_.escape);
    });
  }

  void Quote(std::string_view s, std::string& out) const {
    out.push_back(*options_.quote);
    for (char c : s) {
      if (c == *options_.quote) out.push_back(c);
      out.push_back(c);
    }
    out.push_back(*options_.quote);
  }

  /// The value's text without quotes; nested values joined by the array delimiter.
  void AppendPlain(const Column& column, size_t i, std::string& out) const {
    i = column.index(i);
    if (column.IsNull(i)) {
      if (options_.null_literal) out += *options_.null_literal;
      return;
    }
    switch (column.type().kind()) {
      case TypeKind::kBoolean: out += column.at<uint8_t>(i) != 0 ? "true" : "false"; return;
      case TypeKind::kFloat: AppendFloat(out, column.at<float>(i)); return;
      case TypeKind::kDouble: AppendDouble(out, column.at<double>(i)); return;
      case TypeKind::kDecimal: {
        std::string plain;
        AppendDecimal(plain, column.at<int128_t>(i), column.type().scale());
        json::AppendBigDecimal(out, plain, true, false);
        return;
      }
      case TypeKind::kDate: text::WriteIsoDate(out, column.at<int32_t>(i)); return;
      case TypeKind::kTime: text::WriteSqlTime(out, column.at<int32_t>(i)); return;
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz:
        text::WriteTimestamp(out, text::LoadTimestamp(column, i), text::TimestampStandard::kSql,
                             column.type().kind() == TypeKind::kTimestampLtz);
        return;
      case TypeKind::kBinary:
      case TypeKind::kVarbinary: text::AppendBase64(out, column.string_at(i)); return;
      case TypeKind::kArray: {
        const ListSlice slice = column.at<ListSlice>(i);
        for (uint32_t k = 0; k < slice.length; ++k) {
          if (k > 0) out += options_.array_delimiter;
          AppendPlain(*column.child(0), slice.offset + k, out);
        }
        return;
      }
      case TypeKind::kRow:
        for (size_t k = 0; k < column.child_count(); ++k) {
          if (k > 0) out += options_.array_delimiter;
          AppendPlain(*column.child(k), i, out);
        }
        return;
      default: break;
    }
    if (column.physical() == PhysicalType::kString) {
      out += column.string_at(i);
    } else {
      AppendInt(out, text::LoadInt(column, i));
    }
  }

  const CsvOptions options_;
  int min_safe_ = 0;
  std::string value_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> MakeCsvEncoder(const EncodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const CsvOptions options, ReadCsvOptions(request.options));
  SLUICE_RETURN_IF_ERROR(CheckCsvSchema(request.schema));
  return std::unique_ptr<Encoder>(std::make_unique<CsvEncoder>(options));
}

}  // namespace sluice::engine::csv
