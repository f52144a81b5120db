#include "engine/state/checkpoint_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/state/state_names.h"

namespace sluice::engine {
namespace {

/// After an abort its writers may still be at work: files may come after the first sweep.
constexpr int kSweepsAfterAbort = 3;

std::optional<int64_t> ToNumber(std::string_view digits) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

/// The checkpoint that wrote "…-<id>".
std::optional<int64_t> WriterOf(std::string_view file) { return ToNumber(file.substr(file.find_last_of('-') + 1)); }

}  // namespace

Result<std::unique_ptr<CheckpointStore>> CheckpointStore::Open(std::shared_ptr<CheckpointStorage> storage,
                                                               CheckpointStoreOptions options) {
  options.retained = std::max(options.retained, 1);
  std::unique_ptr<CheckpointStore> store(new CheckpointStore(std::move(storage), std::move(options)));
  SLUICE_RETURN_IF_ERROR(store->LookAround());
  return store;
}

CheckpointStore::CheckpointStore(std::shared_ptr<CheckpointStorage> storage, CheckpointStoreOptions options)
    : storage_(std::move(storage)), options_(std::move(options)) {}

Status CheckpointStore::LookAround() {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> names, storage_->List(options_.job_id));
  std::set<int64_t> complete, unfinished;
  for (const std::string& name : names) {
    const std::string_view below = std::string_view(name).substr(options_.job_id.size() + 1);
    std::optional<int64_t> id;
    if (below.starts_with("chk-")) {
      const size_t slash = below.find('/');
      id = ToNumber(below.substr(4, slash - 4));
      if (!id) continue;
      if (slash != std::string_view::npos && below.substr(slash + 1) == kManifestName) {
        complete.insert(*id);
      } else {
        unfinished.insert(*id);
      }
    } else {
      id = WriterOf(below);
    }
    if (id && *id >= next_id_ && *id < INT64_MAX) next_id_ = *id + 1;
  }
  for (int64_t id : unfinished) {
    if (!complete.contains(id)) Remove(FolderOf(id));
  }
  for (int64_t id : complete) {
    std::optional<RestorePoint> point;
    entries_.push_back(Examine(id, &point));
  }
  Sweep();
  return {};
}

CheckpointStore::Entry CheckpointStore::Examine(int64_t id, std::optional<RestorePoint>* point) {
  Entry entry;
  entry.id = id;
  const std::string name = FolderOf(id) + "/" + std::string(kManifestName);
  const auto damaged = [&](const Error& error) {
    Note(fmt::format("checkpoint {} is passed over: {}", id, error.message()));
    entry.damaged = true;
    return entry;
  };
  auto bytes = storage_->ReadWhole(name);
  if (!bytes.ok()) return damaged(bytes.error());
  auto manifest = DecodeManifest(*bytes, JoinLocation(storage_->location(), name));
  if (!manifest.ok()) return damaged(manifest.error());
  entry.files = FilesOf(*manifest);
  if (Status whole = CheckFiles(*manifest, *storage_); !whole.ok()) return damaged(whole.error());
  point->emplace(RestorePoint{std::move(*manifest), storage_, JoinLocation(storage_->location(), FolderOf(id))});
  return entry;
}

Result<std::optional<RestorePoint>> CheckpointStore::LoadNewest() {
  std::string damaged;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->remove) continue;  // of another job: the caller restored from it by its path
    std::optional<RestorePoint> point;
    if (!entry->damaged) {
      Entry examined = Examine(entry->id, &point);
      entry->damaged = examined.damaged;
    }
    if (point) return point;
    damaged +=
        fmt::format("{}'{}'", damaged.empty() ? "" : ", ", JoinLocation(storage_->location(), FolderOf(entry->id)));
  }
  if (damaged.empty()) return std::optional<RestorePoint>();
  return Error(
      ErrorCode::kCorrupt,
      fmt::format("no checkpoint of job {} is whole: {}. Start the job from a savepoint, or under another id to "
                  "start it without state.",
                  options_.job_id, damaged));
}

void CheckpointStore::Reject(int64_t id, const Error& why) {
  for (Entry& entry : entries_) {
    if (entry.id != id || entry.damaged) continue;
    entry.damaged = true;
    Note(fmt::format("checkpoint {} is passed over: {}", id, why.message()));
  }
}

void CheckpointStore::Begin(int64_t id) {
  next_id_ = std::max(next_id_, id + 1);
  in_progress_[id] = Needed();
}

Result<CheckpointStore::Completed> CheckpointStore::Complete(const CheckpointManifest& manifest) {
  const int64_t id = manifest.checkpoint_id;
  Entry entry;
  entry.id = id;
  entry.files = FilesOf(manifest);
  const std::set<std::string>& allowed = in_progress_[id];
  for (const std::string& file : entry.files) {
    if (WriterOf(file) == id || allowed.contains(file)) continue;
    return Error(ErrorCode::kInternal, fmt::format("checkpoint {} refers to '{}', which no retained checkpoint holds",
                                                   id, JoinLocation(storage_->location(), file)));
  }
  SLUICE_RETURN_IF_ERROR(
      storage_->WriteWhole(FolderOf(id) + "/" + std::string(kManifestName), EncodeManifest(manifest)));
  in_progress_.erase(id);
  entries_.push_back(std::move(entry));
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });

  Completed completed;
  const std::string location = storage_->location();
  completed.external_path = location == "memory" ? std::string(kNotExternal) : JoinLocation(location, FolderOf(id));
  // A damaged one is not counted among the retained, and kept no longer than they are.
  auto whole = std::count_if(entries_.begin(), entries_.end(), [](const Entry& e) { return !e.damaged; });
  while (!entries_.empty() && (whole > options_.retained || entries_.front().damaged)) {
    const Entry oldest = std::move(entries_.front());
    entries_.erase(entries_.begin());
    if (oldest.damaged) sweeps_due_ = std::max(sweeps_due_, 1);  // which files it had may not be known
    if (!oldest.damaged) --whole;
    completed.discarded.push_back(oldest.id);
    Discard(oldest);
  }
  RemoveCandidates();
  if (sweeps_due_ > 0) {
    --sweeps_due_;
    Sweep();
  }
  return completed;
}

void CheckpointStore::Abort(int64_t id) {
  in_progress_.erase(id);
  Remove(FolderOf(id));
  sweeps_due_ = kSweepsAfterAbort;
  RemoveCandidates();
}

void CheckpointStore::Claim(const RestorePoint& point, const OpenStorage& open) {
  Entry entry;
  entry.id = point.manifest.checkpoint_id;
  next_id_ = std::max(next_id_, entry.id + 1);
  // The job was restored from it again, before its own first checkpoint.
  for (const Entry& known : entries_) {
    if (known.remove && known.id == entry.id) return;
  }
  if (!point.manifest.savepoint && point.storage->location() == storage_->location()) {
    entry.files = FilesOf(point.manifest);
    // Our own one: LookAround has seen it.
    if (point.location == JoinLocation(storage_->location(), FolderOf(entry.id))) return;
    const std::string name = point.location.substr(storage_->location().size() + 1);
    entry.remove = [storage = storage_, name] { return storage->Remove(name); };
  } else {
    entry.remove = [open, location = point.location] { return DisposeSavepoint(open, location); };
  }
  entries_.push_back(std::move(entry));
}

void CheckpointStore::Close(bool keep) {
  in_progress_.clear();
  previous_.clear();
  if (!keep) {
    for (const Entry& entry : std::exchange(entries_, {})) Discard(entry);
  }
  previous_.clear();
  const bool own = std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.remove; });
  RemoveCandidates();
  if (own) {
    Sweep();
  } else {
    Remove(options_.job_id);
  }
}

std::vector<int64_t> CheckpointStore::retained() const {
  std::vector<int64_t> ids;
  for (const Entry& entry : entries_) {
    if (!entry.damaged) ids.push_back(entry.id);
  }
  return ids;
}

std::string CheckpointStore::FolderOf(int64_t id) const { return fmt::format("{}/chk-{}", options_.job_id, id); }

/// What a checkpoint that begins now may refer to: a subtask may not have heard yet that the newest one is complete, so
/// the files of the one discarded last stay as well.
std::set<std::string> CheckpointStore::Needed() const {
  std::set<std::string> needed = previous_;
  for (const Entry& entry : entries_) needed.insert(entry.files.begin(), entry.files.end());
  for (const auto& [id, files] : in_progress_) needed.insert(files.begin(), files.end());
  return needed;
}

/// The manifest goes first, so that no moment shows a checkpoint without its files.
void CheckpointStore::Discard(const Entry& entry) {
  if (entry.remove) {
    if (Status removed = entry.remove(); !removed.ok()) Note(removed.error().message());
  } else {
    Remove(FolderOf(entry.id));
  }
  candidates_.insert(entry.files.begin(), entry.files.end());
  previous_ = entry.files;
}

void CheckpointStore::RemoveCandidates() {
  if (candidates_.empty()) return;
  const std::set<std::string> needed = Needed();
  std::erase_if(candidates_, [&](const std::string& file) {
    if (needed.contains(file)) return false;
    Remove(file);
    return true;
  });
}

/// Removes files of checkpoints that were given up: nobody else knows their names.
void CheckpointStore::Sweep() {
  const bool unknown = std::any_of(entries_.begin(), entries_.end(),
                                   [](const Entry& entry) { return entry.damaged && entry.files.empty(); });
  if (unknown) return;  // a manifest that cannot be read may still be repaired by hand: keep its files
  auto names = storage_->List(shared_folder());
  if (!names.ok()) return Note(names.error().message());
  const std::set<std::string> needed = Needed();
  for (const std::string& name : *names) {
    const auto writer = WriterOf(name);
    if (needed.contains(name) || !writer || in_progress_.contains(*writer)) continue;
    Remove(name);
  }
}

void CheckpointStore::Note(const std::string& line) const {
  if (options_.note) options_.note(line);
}

void CheckpointStore::Remove(const std::string& name) const {
  if (Status removed = storage_->Remove(name); !removed.ok()) Note(removed.error().message());
}

}  // namespace sluice::engine
