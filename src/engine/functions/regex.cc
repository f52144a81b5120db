#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/functions/regex.h"

#include <fmt/format.h>
#include <pcre2.h>

#include "engine/functions/regex_translate.h"

namespace sluice::engine {

namespace {

// Java backtracks without a limit; ours ends a hopeless match after some seconds instead of blocking the job for ever.
constexpr uint32_t kMatchLimit = 50'000'000;
constexpr size_t kJitStackMost = 1 << 20;

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
  void operator()(pcre2_compile_context* p) const { pcre2_compile_context_free(p); }
};

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, Free> code;
  std::unique_ptr<pcre2_jit_stack, Free> stack;
  std::unique_ptr<pcre2_match_context, Free> context;
  std::unique_ptr<pcre2_match_data, Free> match;
};

Regex::Regex() : code_(std::make_unique<Code>()) {}
Regex::~Regex() = default;

Result<std::unique_ptr<Regex>> Regex::Compile(std::string_view java_pattern) {
  SLUICE_ASSIGN_OR_RETURN(const std::string pattern, TranslateJavaRegex(java_pattern));
  std::unique_ptr<pcre2_compile_context, Free> settings(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(settings.get(), PCRE2_NEWLINE_ANYCRLF);
  int code = 0;
  PCRE2_SIZE offset = 0;
  std::unique_ptr<Regex> out(new Regex());
  out->code_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                       PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &offset, settings.get()));
  if (!out->code_->code) {
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof(text));
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} near index {}\n{}", reinterpret_cast<const char*>(text),
                                                          std::min<size_t>(offset, java_pattern.size()), java_pattern));
  }
  pcre2_jit_compile(out->code_->code.get(),
                    PCRE2_JIT_COMPLETE);  // without it the interpreter runs: slower, same answers
  out->code_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(out->code_->context.get(), kMatchLimit);
  out->code_->stack.reset(pcre2_jit_stack_create(32 * 1024, kJitStackMost, nullptr));
  pcre2_jit_stack_assign(out->code_->context.get(), nullptr, out->code_->stack.get());
  out->code_->match.reset(pcre2_match_data_create_from_pattern(out->code_->code.get(), nullptr));
  uint32_t groups = 0;
  pcre2_pattern_info(out->code_->code.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  out->group_count_ = static_cast<int>(groups);
  return out;
}

bool Regex::Find(std::string_view text, size_t from) const {
  if (from > text.size()) return false;
  // PCRE2 refuses a null subject even if it is empty.
  const char* data = text.data() == nullptr ? "" : text.data();
  const int answer = pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(data), text.size(), from, 0,
                                 code_->match.get(), code_->context.get());
  too_complex_ = answer < 0 && answer != PCRE2_ERROR_NOMATCH && answer != PCRE2_ERROR_PARTIAL;
  return answer > 0;
}

std::pair<size_t, size_t> Regex::group(int i) const {
  const PCRE2_SIZE* range = pcre2_get_ovector_pointer(code_->match.get());
  const size_t begin = range[2 * i], end = range[2 * i + 1];
  if (begin == PCRE2_UNSET) return {std::string_view::npos, std::string_view::npos};
  return {begin, end};
}

Result<const Regex*> RegexCache::Get(std::string_view pattern) {
  if (last_ != nullptr && pattern == last_pattern_) return last_;
  std::string key(pattern);
  auto found = compiled_.find(key);
  if (found == compiled_.end()) {
    if (compiled_.size() >= kMost) compiled_.clear();
    found = compiled_.emplace(key, Regex::Compile(pattern)).first;
  }
  last_ = nullptr;
  if (!found->second.ok()) return found->second.error();
  last_pattern_ = std::move(key);
  last_ = found->second->get();
  return last_;
}

}  // namespace sluice::engine
