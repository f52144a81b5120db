// A SQL application package: a .sql file, or a zip that contains one. Pure; any bytes are accepted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::service {

enum class PackageKind : uint8_t { kSql, kJar, kPython };

/// What a package is, by what is in it. What is neither a JAR nor a Python program counts as SQL: ExtractSql says what
/// is wrong with it.
PackageKind KindOfPackage(std::string_view package);

/// The SQL text of a package. A zip must contain exactly one file that ends in ".sql", or one named "main.sql" or
/// "application.sql" among several (first such, topmost folder). `name` is for the messages.
/// Errors: kValidation (nothing usable in it; says what was found), kNotSupported (a JAR or a Python package),
/// kResourceExhausted (SQL of more than 16 MiB).
Result<std::string> ExtractSql(std::string_view package, const std::string& name);

/// The version of Flink's Kinesis connector that a JAR or zip brings along ("1.13.2"): by Maven's own note in it, or by
/// the name of a JAR inside. Nothing if it brings none, or is no sound zip.
std::optional<std::string> KinesisConnectorVersion(std::string_view package);

/// True if the bytes begin like a zip (also an empty one).
bool LooksLikeZip(std::string_view bytes);

}  // namespace sluice::service
