#include "cli/completion_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>

#include "cli/apps_command.h"
#include "cli/runtime_command.h"
#include "cli/server_command.h"

namespace sluice::cli {
namespace {

struct CompletedOption {
  std::vector<std::string> names;  // "--output", "-o"
  std::string help;
  bool takes_value = false;
  std::vector<std::string> choices;
};

/// A command or sub-command.
struct Node {
  std::string name;
  std::string help;
  bool takes_application = false;
  std::vector<CompletedOption> options;
  std::vector<Node> children;
};

/// CLI11 shows the values that an option may have in its type: "TEXT:{json,table}".
std::vector<std::string> Choices(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin == std::string::npos ? 0 : begin);
  std::vector<std::string> out;
  if (begin == std::string::npos || end == std::string::npos) return out;
  std::string word;
  for (char c : type.substr(begin + 1, end - begin - 1) + ",") {
    if (c == ',') {
      out.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  return out;
}

Node Read(const CLI::App& app, std::string name, std::string help) {
  Node node{std::move(name), std::move(help), false, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) node.takes_application |= option->get_name() == "APPLICATION";
    CompletedOption out{{}, option->get_description(), option->get_type_size_max() > 0, Choices(*option)};
    for (const std::string& long_name : option->get_lnames()) out.names.push_back("--" + long_name);
    for (const std::string& short_name : option->get_snames()) out.names.push_back("-" + short_name);
    if (!out.names.empty()) node.options.push_back(std::move(out));
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    node.children.push_back(Read(*child, child->get_name(), child->get_description()));
  }
  return node;
}

Node Tree(std::vector<CompletedCommand> commands) {
  Node root;
  for (CompletedCommand& command : commands) {
    if (command.name == "apps") {
      root.children.push_back(Read(*DeclareAppsCommand(), command.name, command.help));
    } else if (command.name == "server") {
      root.children.push_back(Read(*DeclareServerCommand(), command.name, command.help));
    } else if (command.name == "runtime") {
      root.children.push_back(Read(*DeclareRuntimeCommand(), command.name, command.help));
    } else if (command.name == "completion") {
      root.children.push_back({command.name,
                               command.help,
                               false,
                               {},
                               {{"bash", "", false, {}, {}}, {"zsh", "", false, {}, {}}, {"fish", "", false, {}, {}}}});
    } else {
      root.children.push_back({command.name, command.help, false, {}, {}});
    }
  }
  return root;
}

using Visit = std::function<void(const std::string& path, const Node& node)>;

void Walk(const Node& node, const std::string& path, const Visit& visit) {
  visit(path, node);
  for (const Node& child : node.children) Walk(child, path + "/" + child.name, visit);
}

std::string Join(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

/// 'text' for all three shells.
std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out + "'";
}

/// The loop that finds the path of the command under the cursor, and what follows an option: the same for bash and zsh.
std::string CaseArms(const Node& root, std::string_view give) {
  std::string arms;
  Walk(root, "", [&](const std::string& path, const Node& node) {
    for (const CompletedOption& option : node.options) {
      if (!option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back("\"" + path + " " + name + "\"");
      arms += fmt::format("    ({}) {} return;;\n", Join(patterns, "|"),
                          option.choices.empty() ? "" : fmt::format(fmt::runtime(give), Join(option.choices, " ")));
    }
  });
  return arms;
}

std::string Paths(const Node& root) {
  std::vector<std::string> paths;
  Walk(root, "", [&](const std::string& path, const Node&) {
    if (!path.empty()) paths.push_back(path);
  });
  return Join(paths, "|");
}

std::string Bash(const Node& root) {
  std::string words;
  Walk(root, "", [&](const std::string& path, const Node& node) {
    std::vector<std::string> offered;
    for (const Node& child : node.children) offered.push_back(child.name);
    for (const CompletedOption& option : node.options) offered.push_back(option.names.front());
    words += fmt::format(
        "    (\"{}\") words={}{};;\n", path, Quoted(Join(offered, " ")),
        node.takes_application ? "; [[ $cur == -* ]] || words=$(sluice apps list -o names 2>/dev/null)" : "");
  });
  return fmt::format(R"sh(# bash completion of sluice: eval "$(sluice completion bash)"
_sluice() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} where="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$where/${{COMP_WORDS[i]}}" in
      ({}) where="$where/${{COMP_WORDS[i]}}";;
    esac
  done
  case "$where $prev" in
{}  esac
  case "$where" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _sluice sluice
)sh",
                     Paths(root), CaseArms(root, "COMPREPLY=($(compgen -W '{}' -- \"$cur\"));"), words);
}

/// "name:help" as zsh's _describe takes it.
std::string Described(const std::string& name, const std::string& help) {
  std::string escaped;
  for (char c : help) {
    if (c == ':') escaped += '\\';
    escaped += c;
  }
  return Quoted(name + ":" + escaped);
}

std::string Zsh(const Node& root) {
  std::string words;
  Walk(root, "", [&](const std::string& path, const Node& node) {
    std::vector<std::string> children;
    std::vector<std::string> options;
    for (const Node& child : node.children) children.push_back(Described(child.name, child.help));
    for (const CompletedOption& option : node.options) options.push_back(Described(option.names.front(), option.help));
    words +=
        fmt::format("    (\"{}\") children=({}); options=({}){};;\n", path, Join(children, " "), Join(options, " "),
                    node.takes_application ? "; compadd -- ${(f)\"$(sluice apps list -o names 2>/dev/null)\"}" : "");
  });
  return fmt::format(
      R"sh(#compdef sluice
# zsh completion of sluice: eval "$(sluice completion zsh)", after compinit
_sluice() {{
  local where="" i
  local -a children options
  for ((i = 2; i < CURRENT; i++)); do
    case "$where/${{words[i]}}" in
      ({}) where="$where/${{words[i]}}";;
    esac
  done
  case "$where ${{words[CURRENT-1]}}" in
{}  esac
  case "$where" in
{}  esac
  (( $#children )) && _describe command children
  (( $#options )) && _describe -o option options
  (( $#children + $#options )) || _files
}}
compdef _sluice sluice
)sh",
      Paths(root), CaseArms(root, "compadd -- {};"), words);
}

std::string Fish(const Node& root) {
  std::string out = "# fish completion of sluice: sluice completion fish | source\ncomplete -c sluice -f\n";
  Walk(root, "", [&](const std::string& path, const Node& node) {
    // "/apps/list" → both words have been given; and of a command with children, none of these yet.
    std::string condition;
    for (size_t begin = 1; begin < path.size();) {
      size_t end = std::min(path.find('/', begin), path.size());
      condition += fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ",
                               path.substr(begin, end - begin));
      begin = end + 1;
    }
    std::vector<std::string> names;
    for (const Node& child : node.children) names.push_back(child.name);
    const std::string fresh =
        path.empty() ? "__fish_use_subcommand"
                     : fmt::format("{}; and not __fish_seen_subcommand_from {}", condition, Join(names, " "));
    for (const Node& child : node.children) {
      out += fmt::format("complete -c sluice -n {} -a {} -d {}\n", Quoted(fresh), child.name, Quoted(child.help));
    }
    for (const CompletedOption& option : node.options) {
      out += fmt::format("complete -c sluice -n {}", Quoted(condition));
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.takes_value) out += option.choices.empty() ? " -r" : " -xa " + Quoted(Join(option.choices, " "));
      out += " -d " + Quoted(option.help) + "\n";
    }
    if (node.takes_application) {
      out += fmt::format("complete -c sluice -n {} -a '(sluice apps list -o names 2>/dev/null)'\n", Quoted(condition));
    }
  });
  return out;
}

}  // namespace

int RunCompletionCommand(std::vector<CompletedCommand> commands, int argc, char** argv) {
  const std::string shell = argc == 2 ? argv[1] : "";
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    std::fprintf(
        shell == "--help" ? stdout : stderr,
        "usage: sluice completion bash|zsh|fish\n\nPrints a script. For bash: eval \"$(sluice completion bash)\"\n");
    return shell == "--help" ? 0 : 2;
  }
  const Node root = Tree(std::move(commands));
  const std::string script = shell == "bash" ? Bash(root) : shell == "zsh" ? Zsh(root) : Fish(root);
  std::fputs(script.c_str(), stdout);
  return 0;
}

}  // namespace sluice::cli
