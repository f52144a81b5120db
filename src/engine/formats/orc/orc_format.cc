// Flink's orc format, files only. Options are ORC's table properties ("orc.compress", …), which Flink hands on.
#include <set>

#include "engine/formats/arrow/arrow_files.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

using arrow_files::Kind;

Status CheckType(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
    case TypeKind::kBinary:
    case TypeKind::kTime:
    case TypeKind::kTimestampLtz:
    case TypeKind::kMultiset:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
    case TypeKind::kRaw:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor: return Error(ErrorCode::kValidation, "Unsupported type: " + type.ToString(false));
    case TypeKind::kVarbinary:
      if (type.length() != kMaxLength) {
        return Error(ErrorCode::kValidation, "Not support other binary type: " + type.ToString(false));
      }
      break;
    default: break;
  }
  for (size_t k = 0; k < type.child_count(); ++k) SLUICE_RETURN_IF_ERROR(CheckType(type.child(k)));
  return {};
}

Status Check(const OptionMap& options, const Schema& schema) {
  static const std::set<std::string> kKinds = {"NONE", "ZLIB", "SNAPPY", "LZO", "LZ4", "ZSTD", "BROTLI"};
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(CheckType(f.type));
  std::string kind = text::StringOption(options, "compress", "ZLIB");
  for (char& c : kind) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  if (!kKinds.contains(kind)) {
    return Error(ErrorCode::kOption, "No enum constant org.apache.orc.CompressionKind." + kind);
  }
  if (kind == "LZO" || kind == "BROTLI") {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'orc.compress' = '" + kind + "'");
  }
  return {};
}

Result<std::unique_ptr<FileReader>> Open(const DecodeRequest& request, std::shared_ptr<RandomAccessFile> file,
                                         const FileRange& range) {
  return arrow_files::OpenArrowFile(Kind::kOrc, request, std::move(file), range);
}

Result<std::unique_ptr<FileWriter>> Create(const EncodeRequest& request, ByteSink* sink) {
  return arrow_files::CreateArrowFile(Kind::kOrc, request, {}, sink);
}

}  // namespace

Format OrcFormat() {
  Format format;
  format.descriptor.name = "orc";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"compress"}, {"row.index.stride"}, {"stripe.size"}};
  format.descriptor.validate = Check;
  format.in_messages = false;
  format.check_file = Check;
  format.open_file = Open;
  format.create_file = Create;
  return format;
}

}  // namespace sluice::engine
