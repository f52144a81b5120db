// Numbers as text, as the Java 17 under Flink prints and reads them. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/data_type.h"

namespace sluice::engine {

/// Double.toString / Float.toString of JDK 17: "1.0E10", "NaN", "-Infinity", "1.9999999999999998E23" for 2e23.
void AppendDouble(std::string& out, double v);
void AppendFloat(std::string& out, float v);
std::string DoubleToString(double v);
std::string FloatToString(float v);
void AppendInt(std::string& out, int64_t v);

/// Double.parseDouble / Float.parseFloat: blanks around it, "1d", "0x1p3", "NaN", "Infinity" are fine.
std::optional<double> ParseDouble(std::string_view text);
std::optional<float> ParseFloat(std::string_view text);

enum class IntParse : uint8_t { kOk, kEmpty, kInvalid, kOverflow };

/// As CAST(string AS TINYINT/…/BIGINT) after it trimmed blanks: optional sign, digits, and a fraction that is checked
/// and dropped. `bits`: 8, 16, 32 or 64.
IntParse ParseInteger(std::string_view text, int bits, int64_t* out);

/// Java's String.trim: cuts every character up to and including the blank on both ends.
std::string_view JavaTrim(std::string_view text);
/// BinaryStringData.trim: cuts blanks (0x20) only.
std::string_view TrimBlanks(std::string_view text);

}  // namespace sluice::engine
