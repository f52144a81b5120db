// The raw format: a record is the bytes of one column's value (RawFormatDeserializationSchema).
#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/formats/format.h"
#include "engine/formats/raw/charset.h"
#include "engine/formats/text/line_decoder.h"
#include "engine/formats/text/option_text.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine {
namespace {

struct RawOptions {
  raw::Charset charset = raw::Charset::kUtf8;
  bool little_endian = false;
};

Result<RawOptions> ReadOptions(const OptionMap& options) {
  RawOptions o;
  const std::string charset = text::StringOption(options, "charset", "UTF-8");
  SLUICE_ASSIGN_OR_RETURN(o.charset, raw::FindCharset(charset));
  const std::string endianness = text::StringOption(options, "endianness", "big-endian");
  if (endianness != "big-endian" && endianness != "little-endian") {
    return Error(ErrorCode::kOption, "Unsupported endianness name: " + endianness +
                                         ". Valid values of 'raw.endianness' option are 'big-endian' and "
                                         "'little-endian'.");
  }
  o.little_endian = endianness == "little-endian";
  return o;
}

bool IsRawType(const DataType& type) {
  return type.is_character() || type.is_binary() || type.kind() == TypeKind::kBoolean || type.is_exact_integer() ||
         type.is_approximate();
}

Status Validate(const OptionMap& options, const Schema& schema) {
  if (schema.size() != 1) {
    std::string columns;
    for (const RowField& f : schema) {
      if (!columns.empty()) columns += ", ";
      columns += "`" + f.name + "` " + f.type.ToString();
    }
    return Error(ErrorCode::kValidation,
                 "The 'raw' format only supports single physical column. However the defined schema contains multiple "
                 "physical columns: [" +
                     columns + "]");
  }
  if (!IsRawType(schema[0].type)) {
    return Error(ErrorCode::kValidation,
                 "The 'raw' format doesn't supports '" + schema[0].type.ToString() + "' as column type.");
  }
  SLUICE_RETURN_IF_ERROR(ReadOptions(options));
  return {};
}

/// The fixed-width value's bytes in the machine's order, or turned round.
void CopyOrdered(char* to, const char* from, size_t size, bool little_endian) {
  std::memcpy(to, from, size);
  if (little_endian != (std::endian::native == std::endian::little)) std::reverse(to, to + size);
}

class RawDecoder : public text::LineDecoder {
 public:
  RawDecoder(DataType type, const RawOptions& options) : type_(std::move(type)), options_(options) {}

 protected:
  bool skips_empty_lines() const override { return false; }

  Status DecodeRecord(std::string_view record, Target& target) override {
    target.Reserve();
    for (ColumnPtr& column : *target.columns) {
      SLUICE_RETURN_IF_ERROR(Store(record, *column, target.rows, target.chunk));
    }
    ++target.rows;
    return {};
  }

 private:
  Status Store(std::string_view record, Column& column, size_t i, const std::shared_ptr<const Buffer>& chunk) {
    if (column.physical() == PhysicalType::kString) {
      if (type_.is_character() && options_.charset != raw::Charset::kUtf8) {
        column.SetString(i, raw::DecodeText(record, options_.charset));
        return {};
      }
      if (record.size() > StringRef::kInline) column.Retain(chunk);
      column.data<StringRef>()[i] = StringRef(record);
      return {};
    }
    const size_t width = PhysicalWidth(column.physical());
    if (record.size() != width) {
      return Error(ErrorCode::kData,
                   "Size of data received for deserializing " + Name() + " type is not " + std::to_string(width) + ".");
    }
    char* slot = column.data<char>() + i * width;
    CopyOrdered(slot, record.data(), width, options_.little_endian);
    if (type_.kind() == TypeKind::kBoolean) *slot = *slot != 0;
    return {};
  }

  std::string Name() const {
    std::string name = type_.ToString(false);
    return name == "INT" ? "INT" : name;
  }

  const DataType type_;
  const RawOptions options_;
};

class RawEncoder : public Encoder {
 public:
  explicit RawEncoder(const RawOptions& options) : options_(options) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    const Column& column = *batch.columns[0];
    const size_t i = column.index(position);
    if (column.IsNull(i)) {
      return Error(ErrorCode::kData, "The 'raw' format cannot write NULL; filter such rows out or use COALESCE.");
    }
    if (column.physical() == PhysicalType::kString) {
      if (column.type().is_character()) {
        raw::EncodeText(out, column.string_at(i), options_.charset);
      } else {
        out += column.string_at(i);
      }
      return {};
    }
    const size_t width = PhysicalWidth(column.physical());
    char bytes[16];
    CopyOrdered(bytes, column.data<char>() + i * width, width, options_.little_endian);
    out.append(bytes, width);
    return {};
  }

 private:
  const RawOptions options_;
};

Result<std::unique_ptr<Decoder>> MakeDecoder(const DecodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Validate(request.options, request.physical));
  SLUICE_ASSIGN_OR_RETURN(const RawOptions options, ReadOptions(request.options));
  return std::unique_ptr<Decoder>(std::make_unique<RawDecoder>(request.physical[0].type, options));
}

Result<std::unique_ptr<Encoder>> MakeEncoder(const EncodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Validate(request.options, request.schema));
  SLUICE_ASSIGN_OR_RETURN(const RawOptions options, ReadOptions(request.options));
  return std::unique_ptr<Encoder>(std::make_unique<RawEncoder>(options));
}

}  // namespace

Format RawFormat() {
  Format format;
  format.descriptor.name = "raw";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"charset"}, {"endianness"}};
  format.descriptor.validate = Validate;
  format.make_decoder = MakeDecoder;
  format.make_encoder = MakeEncoder;
  return format;
}

}  // namespace sluice::engine
