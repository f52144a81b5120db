// Structured logging: a level, the component that speaks, a message that never changes, and key=value fields.
//
//   Logger log = root.For("runner");
//   log.Info("engine started", {{"application", name}, {"pid", pid}});
//
// Loggers are passed in; there is no global one.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };

/// "DEBUG", "INFO", "WARN", "ERROR".
std::string_view LogLevelName(LogLevel level);
/// Case does not matter. Fails on any other name.
Result<LogLevel> ParseLogLevel(std::string_view name);

struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), quoted(false) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view k, T v)
      : key(k), value(std::to_string(v)), quoted(false) {}
  LogField(std::string_view k, double v);

  std::string key;
  std::string value;
  bool quoted = true;  // false: a number or boolean, written bare in JSON
};

struct LogRecord {
  int64_t time_ms = 0;
  LogLevel level = LogLevel::kInfo;
  std::string component;
  std::string message;
  std::vector<LogField> fields;
};

/// Where records go. Implementations are thread-safe and never fail the caller.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(const LogRecord& record) = 0;
};

enum class LogFormat : uint8_t {
  kText,      // 2026-01-31T12:00:00.000Z INFO  runner: engine started application=a pid=7
  kJsonLines  // {"time":"…","level":"INFO","component":"runner","message":"engine started","application":"a","pid":7}
};

/// One line without its newline.
std::string FormatLogRecord(const LogRecord& record, LogFormat format);

/// Writes to standard error.
std::shared_ptr<LogSink> MakeStderrLogSink(LogFormat format);
/// Appends to a file, each record flushed. With `max_bytes` > 0 the file rotates: the older ones get
/// numbers before the extension (`a.log` → `a.1.log` → … → `a.<keep>.log`).
Result<std::shared_ptr<LogSink>> MakeFileLogSink(const std::string& path, LogFormat format, size_t max_bytes = 0,
                                                 size_t keep = 5);

/// Keeps the records, for tests and for "the last lines" of something.
class MemoryLogSink : public LogSink {
 public:
  void Write(const LogRecord& record) override;
  std::vector<LogRecord> records() const;

 private:
  mutable std::mutex mutex_;
  std::vector<LogRecord> records_;
};

/// Cheap to copy; every method may be called from any thread. The clock must outlive it.
class Logger {
 public:
  /// A logger that drops everything.
  Logger() = default;
  Logger(std::shared_ptr<LogSink> sink, const Clock& clock, std::string component, LogLevel level = LogLevel::kInfo)
      : sink_(std::move(sink)), clock_(&clock), component_(std::move(component)), level_(level) {}

  /// The same sink under another component's name; the fields stay.
  Logger For(std::string_view component) const;
  /// The same logger with fields that every record will carry.
  Logger With(std::initializer_list<LogField> fields) const;

  bool Enabled(LogLevel level) const { return sink_ != nullptr && level >= level_; }
  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Log(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Log(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Log(LogLevel::kError, message, fields);
  }

 private:
  std::shared_ptr<LogSink> sink_;
  const Clock* clock_ = nullptr;
  std::string component_;
  LogLevel level_ = LogLevel::kInfo;
  std::vector<LogField> fields_;
};

}  // namespace sluice
