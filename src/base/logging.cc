#include "base/logging.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cctype>
#include <cmath>
#include <ctime>

namespace sluice {
namespace {

constexpr std::string_view kLevelNames[] = {"DEBUG", "INFO", "WARN", "ERROR"};

std::string FormatTime(int64_t time_ms) {
  int64_t seconds = time_ms / 1000;
  int64_t millis = time_ms % 1000;
  if (millis < 0) {
    millis += 1000;
    --seconds;
  }
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(seconds)), millis);
}

/// JSON string content; the text format uses the same escapes so that a record is always one line.
void AppendEscaped(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  AppendEscaped(out, text);
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \t\r\n\"=\\") != std::string_view::npos;
}

std::string FormatText(const LogRecord& record) {
  std::string line =
      fmt::format("{} {:<5} {}: ", FormatTime(record.time_ms), LogLevelName(record.level), record.component);
  // Quotes may stay readable in a message; only line breaks must go.
  for (char c : record.message) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  for (const LogField& field : record.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (NeedsQuotes(field.value)) {
      AppendQuoted(line, field.value);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::string FormatJson(const LogRecord& record) {
  std::string line =
      fmt::format(R"({{"time":"{}","level":"{}","component":)", FormatTime(record.time_ms), LogLevelName(record.level));
  AppendQuoted(line, record.component);
  line += ",\"message\":";
  AppendQuoted(line, record.message);
  for (const LogField& field : record.fields) {
    line += ',';
    AppendQuoted(line, field.key);
    line += ':';
    if (field.quoted) {
      AppendQuoted(line, field.value);
    } else {
      line += field.value;
    }
  }
  line += '}';
  return line;
}

/// spdlog does files, rotation and locking; the line is ours.
class SpdlogSink : public LogSink {
 public:
  SpdlogSink(std::shared_ptr<spdlog::sinks::sink> sink, LogFormat format) : sink_(std::move(sink)), format_(format) {
    sink_->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
  }

  void Write(const LogRecord& record) override {
    const std::string line = FormatLogRecord(record, format_);
    try {
      sink_->log(spdlog::details::log_msg("", spdlog::level::info, line));
      sink_->flush();
    } catch (const spdlog::spdlog_ex& error) {
      std::fprintf(stderr, "%s\n(log: %s)\n", line.c_str(), error.what());
    }
  }

 private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
  LogFormat format_;
};

}  // namespace

LogField::LogField(std::string_view k, double v) : key(k), value(fmt::format("{}", v)), quoted(!std::isfinite(v)) {}

std::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

Result<LogLevel> ParseLogLevel(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (upper == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("'{}' is not a log level: expected DEBUG, INFO, WARN or ERROR", name));
}

std::string FormatLogRecord(const LogRecord& record, LogFormat format) {
  return format == LogFormat::kText ? FormatText(record) : FormatJson(record);
}

std::shared_ptr<LogSink> MakeStderrLogSink(LogFormat format) {
  return std::make_shared<SpdlogSink>(std::make_shared<spdlog::sinks::stderr_sink_mt>(), format);
}

Result<std::shared_ptr<LogSink>> MakeFileLogSink(const std::string& path, LogFormat format, size_t max_bytes,
                                                 size_t keep) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (max_bytes > 0) {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, max_bytes, keep);
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    }
    return std::shared_ptr<LogSink>(std::make_shared<SpdlogSink>(std::move(sink), format));
  } catch (const spdlog::spdlog_ex& error) {
    return Error(ErrorCode::kIo, fmt::format("cannot open log file '{}': {}", path, error.what()));
  }
}

void MemoryLogSink::Write(const LogRecord& record) {
  std::lock_guard guard(mutex_);
  records_.push_back(record);
}

std::vector<LogRecord> MemoryLogSink::records() const {
  std::lock_guard guard(mutex_);
  return records_;
}

Logger Logger::For(std::string_view component) const {
  Logger copy = *this;
  copy.component_ = component;
  return copy;
}

Logger Logger::With(std::initializer_list<LogField> fields) const {
  Logger copy = *this;
  copy.fields_.insert(copy.fields_.end(), fields);
  return copy;
}

void Logger::Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (!Enabled(level)) return;
  LogRecord record{clock_->NowMs(), level, component_, std::string(message), fields_};
  record.fields.insert(record.fields.end(), fields);
  sink_->Write(record);
}

}  // namespace sluice
