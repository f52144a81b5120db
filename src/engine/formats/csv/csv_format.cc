#include "engine/formats/csv/csv_decoder.h"
#include "engine/formats/csv/csv_encoder.h"
#include "engine/formats/csv/csv_options.h"
#include "engine/formats/format.h"

namespace sluice::engine {
namespace {

Status ValidateCsv(const OptionMap& options, const Schema& schema) {
  SLUICE_RETURN_IF_ERROR(csv::ReadCsvOptions(options));
  return csv::CheckCsvSchema(schema);
}

}  // namespace

Format CsvFormat() {
  Format format;
  format.descriptor.name = "csv";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {
      {"allow-comments"},   {"array-element-delimiter"}, {"disable-quote-character"},
      {"escape-character"}, {"field-delimiter"},         {"ignore-parse-errors"},
      {"null-literal"},     {"quote-character"},         {"write-bigdecimal-in-scientific-notation"}};
  format.descriptor.validate = ValidateCsv;
  format.make_decoder = csv::MakeCsvDecoder;
  format.make_encoder = csv::MakeCsvEncoder;
  return format;
}

}  // namespace sluice::engine
