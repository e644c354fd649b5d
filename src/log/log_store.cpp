// Making and ending a shard's log store.
#include "log/log_store.hpp"

#include "log/index_cache.hpp"
#include "log/open_files.hpp"
#include "log/random_ids.hpp"

namespace iggy::log {

LogStore::LogStore(runtime::Disk& disk, LogSettings settings)
    : disk_(disk),
      settings_(settings),
      indexes_(std::make_unique<IndexCache>(settings.index_memory.bytes)),
      files_(std::make_unique<OpenFiles>(settings.files_max)),
      ids_(std::make_unique<RandomIds>()) {}

LogStore::~LogStore() = default;

}  // namespace iggy::log
