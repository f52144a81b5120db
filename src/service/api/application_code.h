// An application's code: read from where the request says, checked, kept in the application's folder, described.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/api/application_document.h"
#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// ApplicationCodeConfiguration, or what an ApplicationCodeConfigurationUpdate makes of the code that is there.
struct CodeRequest {
  std::string content_type;  // "PLAINTEXT", "ZIPFILE"
  boost::json::object s3;    // S3ContentLocation, empty if none
  std::optional<std::string> text;
  std::optional<std::string> zip;  // Base64
};

CodeRequest CodeFromConfiguration(const boost::json::object& configuration);
/// InvalidArgumentException if the update leaves no place to read the code from.
Answer<CodeRequest> CodeFromUpdate(const boost::json::object& update, const boost::json::object& current_description);

/// How the files of an application's code folder end: what they are.
inline constexpr const char* kSqlFile = ".sql";
inline constexpr const char* kJarFile = ".jar";
inline constexpr const char* kPythonFile = ".zip";

/// Reads the code and writes it (of a SQL package, the SQL) into the application's code folder under a new name; fills
/// in document->code_file, code_name and ApplicationCodeConfigurationDescription. Code that no engine here can run is
/// written as it is, with why_not_runnable. Errors: InvalidArgumentException (cannot be read,
/// in AWS's words), CodeValidationException (nothing usable in it).
Answer<Done> InstallCode(ServiceContext& context, const std::string& name, const CodeRequest& code,
                         VersionDocument* document);

}  // namespace sluice::service
