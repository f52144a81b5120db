// Flink's parquet format, files only. Options are those of parquet-mr ("parquet.compression", …), which Flink hands on.
#include <strings.h>

#include <set>

#include "engine/formats/arrow/arrow_files.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

using arrow_files::Kind;

Status CheckType(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
    case TypeKind::kRaw:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor: return Error(ErrorCode::kValidation, "Unsupported type: " + type.ToString(false));
    default: break;
  }
  for (size_t k = 0; k < type.child_count(); ++k) SLUICE_RETURN_IF_ERROR(CheckType(type.child(k)));
  return {};
}

/// Which of parquet-mr's options mean something here; others have none in Flink's tables either, or are refused below.
Result<arrow_files::WriteRules> ReadRules(const OptionMap& options) {
  arrow_files::WriteRules rules;
  // Times without a zone are turned into instants by the zone of the machine unless this is set; ours is always UTC.
  SLUICE_RETURN_IF_ERROR(text::BoolOption(options, "utc-timezone", false));
  SLUICE_ASSIGN_OR_RETURN(const bool int64, text::BoolOption(options, "write.int64.timestamp", false));
  rules.int96_timestamps = !int64;
  if (!int64) return rules;
  const std::string unit = text::StringOption(options, "timestamp.time.unit", "micros");
  if (strcasecmp(unit.c_str(), "millis") == 0)
    rules.timestamp_unit = 'm';
  else if (strcasecmp(unit.c_str(), "micros") == 0)
    rules.timestamp_unit = 'u';
  else if (strcasecmp(unit.c_str(), "nanos") == 0)
    rules.timestamp_unit = 'n';
  else
    return Error(ErrorCode::kOption, "Unsupported timestamp.time.unit: " + unit + ". Use millis, micros or nanos.");
  return rules;
}

Status Check(const OptionMap& options, const Schema& schema) {
  static const std::set<std::string> kCodecs = {"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO",
                                                "BROTLI",       "LZ4",    "ZSTD", "LZ4_RAW"};
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(CheckType(f.type));
  std::string codec = text::StringOption(options, "compression", "SNAPPY");
  for (char& c : codec) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  if (!kCodecs.contains(codec)) {
    return Error(ErrorCode::kOption,
                 "No enum constant org.apache.parquet.hadoop.metadata.CompressionCodecName." + codec);
  }
  if (codec == "LZO") return Error(ErrorCode::kNotSupported, "not supported yet: 'parquet.compression' = 'LZO'");
  for (const auto& [name, value] : options) {
    if (name.starts_with("encryption.") || name == "crypto.factory.class") {
      return Error(ErrorCode::kNotSupported, "not supported yet: 'parquet." + name + "'");
    }
  }
  const Result<arrow_files::WriteRules> rules = ReadRules(options);
  return rules.ok() ? Status() : rules.error();
}

Result<std::unique_ptr<FileReader>> Open(const DecodeRequest& request, std::shared_ptr<RandomAccessFile> file,
                                         const FileRange& range) {
  return arrow_files::OpenArrowFile(Kind::kParquet, request, std::move(file), range);
}

Result<std::unique_ptr<FileWriter>> Create(const EncodeRequest& request, ByteSink* sink) {
  SLUICE_ASSIGN_OR_RETURN(const arrow_files::WriteRules rules, ReadRules(request.options));
  return arrow_files::CreateArrowFile(Kind::kParquet, request, rules, sink);
}

}  // namespace

Format ParquetFormat() {
  Format format;
  format.descriptor.name = "parquet";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"block.size"},          {"compression"},  {"enable.dictionary"},    {"page.size"},
                               {"timestamp.time.unit"}, {"utc-timezone"}, {"write.int64.timestamp"}};
  format.descriptor.validate = Check;
  format.in_messages = false;
  format.check_file = Check;
  format.open_file = Open;
  format.create_file = Create;
  return format;
}

}  // namespace sluice::engine
