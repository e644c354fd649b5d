// Making and ending a shard's log store.
#include "log/log_store.hpp"

#include "log/random_ids.hpp"
#include "log/segment_cache.hpp"

namespace iggy::log {

LogStore::LogStore(runtime::Disk& disk, LogSettings settings)
    : disk_(disk),
      settings_(settings),
      segments_(std::make_unique<SegmentCache>(settings.index_memory.bytes)),
      ids_(std::make_unique<RandomIds>()) {}

LogStore::~LogStore() = default;

}  // namespace iggy::log
