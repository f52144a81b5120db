// A job's completed checkpoints in one storage, over all of its attempts and processes: which there are, from which to
// restore, which files nobody needs any more. Layout below the storage's root, as Flink's:
//
//   <job id>/chk-<n>/_metadata   the manifest, written last: without it the checkpoint is not there
//   <job id>/shared/<…>-<n>      the pieces that checkpoint n wrote; later checkpoints may refer to them
//
// Failures of removing (a file in use, a bucket out of reach) are only noted: what is left is removed later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/state/checkpoint_storage.h"
#include "engine/state/manifest.h"
#include "engine/state/restore_point.h"

namespace sluice::engine {

struct CheckpointStoreOptions {
  std::string job_id;
  int retained = 1;  // execution.checkpointing.num-retained; at least 1
  /// One line on what was skipped, could not be removed, …; may be empty.
  std::function<void(const std::string& line)> note;
};

/// One thread at a time, the job master's: the calls wait for files.
class CheckpointStore {
 public:
  /// Looks what is there and removes what crashed checkpoints left behind. Nothing may be in progress for the job.
  static Result<std::unique_ptr<CheckpointStore>> Open(std::shared_ptr<CheckpointStorage> storage,
                                                       CheckpointStoreOptions options);

  CheckpointStorage* storage() const { return storage_.get(); }
  /// For CheckpointRequest::folder. Files there are named "…-<checkpoint id>".
  std::string shared_folder() const { return options_.job_id + "/shared"; }
  /// Greater than every id that the files tell of, also those of damaged and unfinished checkpoints; at least 1.
  int64_t next_id() const { return next_id_; }

  /// The newest checkpoint that is complete and whole: the manifest's checksum is right and every file it refers to is
  /// there and long enough (their content is checked when it is read). Damaged ones are noted, with the file's name,
  /// and passed over. Nothing: no checkpoint was ever completed. kCorrupt: there are some, but none is whole.
  Result<std::optional<RestorePoint>> LoadNewest();
  /// A piece turned out to be damaged when it was read: LoadNewest passes this checkpoint over from now on.
  void Reject(int64_t id, const Error& why);

  /// Before the subtasks are told. What the checkpoint may refer to stays until Complete or Abort.
  void Begin(int64_t id);
  struct Completed {
    std::string external_path;       // "file:/x/<job id>/chk-7"; kNotExternal if it is in memory
    std::vector<int64_t> discarded;  // checkpoints that are no longer retained by it
  };
  /// Writes the manifest; then the checkpoint counts, and older ones are given up. On an error it does not count, and
  /// the caller goes on with Abort.
  Result<Completed> Complete(const CheckpointManifest& manifest);
  /// Also of savepoints that were begun here (they refer to nothing, so they need no Begin).
  void Abort(int64_t id);

  /// Takes over what the job was restored from (claim mode CLAIM): it is deleted as soon as it is no longer retained.
  void Claim(const RestorePoint& point, const OpenStorage& open);

  /// The job has ended for good. `keep`: retained checkpoints stay, for a restore by path; else nothing stays.
  void Close(bool keep);

  /// Ids of the completed checkpoints that are retained, ascending.
  std::vector<int64_t> retained() const;

 private:
  struct Entry {
    int64_t id = 0;
    std::set<std::string> files;  // below the storage's root
    bool damaged = false;
    std::function<Status()> remove;  // of one that was claimed elsewhere; empty: chk-<id>
  };

  CheckpointStore(std::shared_ptr<CheckpointStorage> storage, CheckpointStoreOptions options);
  Status LookAround();
  Entry Examine(int64_t id, std::optional<RestorePoint>* point);
  std::string FolderOf(int64_t id) const;
  std::set<std::string> Needed() const;
  void Discard(const Entry& entry);
  void RemoveCandidates();
  void Sweep();
  void Note(const std::string& line) const;
  void Remove(const std::string& name) const;

  std::shared_ptr<CheckpointStorage> storage_;
  CheckpointStoreOptions options_;
  int64_t next_id_ = 1;
  std::vector<Entry> entries_;                            // ascending by id
  std::set<std::string> previous_;                        // files of the one discarded last
  std::map<int64_t, std::set<std::string>> in_progress_;  // what each may refer to
  std::set<std::string> candidates_;                      // to be removed once nobody needs them
  int sweeps_due_ = 0;
};

}  // namespace sluice::engine
