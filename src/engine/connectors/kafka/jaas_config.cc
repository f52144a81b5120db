#include "engine/connectors/kafka/jaas_config.h"

#include <cctype>
#include <vector>

namespace sluice::engine::kafka {
namespace {

/// Words, quoted values, '=' and ';', as Java's StreamTokenizer sees them.
std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
    } else if (c == '"' || c == '\'') {
      std::string value;
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        value.push_back(text[i]);
      }
      ++i;
      tokens.push_back(std::move(value));
    } else if (c == '=' || c == ';') {
      tokens.emplace_back(1, c);
      ++i;
    } else {
      const size_t begin = i;
      while (i < text.size() && std::isspace(static_cast<unsigned char>(text[i])) == 0 && text[i] != '=' &&
             text[i] != ';') {
        ++i;
      }
      tokens.emplace_back(text.substr(begin, i - begin));
    }
  }
  return tokens;
}

}  // namespace

Result<JaasConfig> ParseJaasConfig(std::string_view text) {
  // Values are never shown: they are passwords.
  const Error malformed(ErrorCode::kOption,
                        "Invalid value for 'properties.sasl.jaas.config': it should read \"<class of the login module> "
                        "required username=\"...\" password=\"...\";\".");
  const std::vector<std::string> tokens = Tokens(text);
  if (tokens.size() < 3 || tokens.back() != ";") return malformed;
  JaasConfig out;
  out.module = tokens[0];
  for (size_t i = 2; i + 1 < tokens.size(); i += 3) {
    if (i + 3 > tokens.size() - 1 || tokens[i + 1] != "=") return malformed;
    out.options[tokens[i]] = tokens[i + 2];
  }
  return out;
}

}  // namespace sluice::engine::kafka
