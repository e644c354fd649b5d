// Directory changes: done at once, durable when synced, and which of them a crash may keep.
#include "runtime/memory_tree.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace iggy::runtime {
namespace {

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, slash);
    assert(part != ".." && "the fake disk does not know ..");
    if (!part.empty() && part != ".") parts.push_back(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

MemoryNodeHandle child(const MemoryNode& directory, std::string_view name) {
  const auto found = directory.names.find(name);
  return found == directory.names.end() ? nullptr : found->second;
}

void set_name(MemoryNode::Names& names, const std::string& name, const MemoryNodeHandle& node) {
  if (node) {
    names[name] = node;
  } else {
    names.erase(name);
  }
}

/// Calls `visit` once for each file and directory below `directory`, in the order of their names.
template <class Visit>
void walk(const MemoryNodeHandle& directory, const std::string& prefix, const Visit& visit) {
  for (const auto& [name, node] : directory->names) {
    visit(prefix + name, node);
    if (node->is_directory) walk(node, prefix + name + '/', visit);
  }
}

/// True if `node` is `directory` or lies somewhere below it.
bool is_within(const MemoryNodeHandle& node, const MemoryNodeHandle& directory) {
  auto found = node == directory;
  walk(directory, "", [&](const std::string&, const auto& below) { found |= node == below; });
  return found;
}

MemoryNodeHandle make_directory() {
  auto node = std::make_shared<MemoryNode>();
  node->is_directory = true;
  return node;
}

}  // namespace

/// The names and nodes that some changes touch: one that shares any of them depends on those.
class MemoryTree::Touched {
 public:
  void add(const Change& change) {
    for (const auto& effect : change.effects) {
      names_.emplace(effect.directory.get(), effect.name);
      if (effect.before) nodes_.insert(effect.before.get());
      if (effect.after) nodes_.insert(effect.after.get());
    }
  }
  [[nodiscard]] bool shares(const Change& change) const {
    return std::ranges::any_of(change.effects, [&](const Effect& effect) {
      return names_.contains({effect.directory.get(), effect.name}) ||
             nodes_.contains(effect.before.get()) || nodes_.contains(effect.after.get());
    });
  }

 private:
  std::set<std::pair<const MemoryNode*, std::string>> names_;
  std::set<const MemoryNode*> nodes_;  // never null
};

MemoryTree::MemoryTree() : absolute_(make_directory()), relative_(make_directory()) {}

MemoryNodeHandle MemoryTree::root(std::string_view path) const {
  return path.starts_with('/') ? absolute_ : relative_;
}

MemoryNodeHandle MemoryTree::find(std::string_view path) const {
  auto node = root(path);
  for (const auto part : components(path)) {
    if (!node->is_directory) return nullptr;
    node = child(*node, part);
    if (!node) return nullptr;
  }
  return node;
}

std::vector<std::string> MemoryTree::files() const {
  std::vector<std::string> paths;
  const auto note = [&](const std::string& path, const MemoryNodeHandle& node) {
    if (!node->is_directory) paths.push_back(path);
  };
  walk(absolute_, "/", note);
  walk(relative_, "", note);
  std::ranges::sort(paths);
  return paths;
}

/// The directory that holds the last part of `path`, and that part. Errors: file_not_found.
Result<MemoryTree::Place> MemoryTree::place(std::string_view path) const {
  auto parts = components(path);
  if (parts.empty()) return fail(Error::io_error);  // a root has no name to be changed
  const auto name = parts.back();
  parts.pop_back();
  auto node = root(path);
  for (const auto part : parts) {
    node = child(*node, part);
    if (!node || !node->is_directory) return fail(Error::file_not_found);
  }
  return Place{std::move(node), std::string(name)};
}

Result<MemoryNodeHandle> MemoryTree::create(std::string_view path) {
  auto place = this->place(path);
  if (!place) return fail(place);
  if (child(*place->directory, place->name)) return fail(Error::file_exists);
  auto node = std::make_shared<MemoryNode>();
  change({{place->directory, place->name, nullptr, node}});
  return node;
}

Result<> MemoryTree::make_directories(std::string_view path) {
  auto directory = root(path);
  for (const auto part : components(path)) {
    auto next = child(*directory, part);
    if (next && !next->is_directory) return fail(Error::file_exists);
    if (!next) {
      next = make_directory();
      change({{directory, std::string(part), nullptr, next}});
    }
    directory = std::move(next);
  }
  return {};
}

Result<> MemoryTree::rename(std::string_view from, std::string_view to) {
  const auto source = place(from);
  if (!source) return fail(source);
  const auto target = place(to);
  if (!target) return fail(target);
  const auto node = child(*source->directory, source->name);
  if (!node) return fail(Error::file_not_found);
  const auto replaced = child(*target->directory, target->name);
  if (replaced == node) return {};
  if (replaced) {
    if (replaced->is_directory != node->is_directory) return fail(Error::io_error);
    if (!replaced->names.empty()) return fail(Error::file_exists);
  }
  if (is_within(target->directory, node)) return fail(Error::io_error);
  change({{source->directory, source->name, node, nullptr},
          {target->directory, target->name, replaced, node}});
  return {};
}

Result<> MemoryTree::unlink(std::string_view path) {
  const auto place = this->place(path);
  if (!place) return fail(place);
  const auto node = child(*place->directory, place->name);
  if (!node) return fail(Error::file_not_found);
  if (node->is_directory) return fail(Error::io_error);
  change({{place->directory, place->name, node, nullptr}});
  return {};
}

Result<> MemoryTree::remove_all(std::string_view path) {
  const auto place = this->place(path);
  if (!place) return place.error() == Error::file_not_found ? Result<>{} : fail(place);
  const auto node = child(*place->directory, place->name);
  if (!node) return {};
  if (node->is_directory) remove_contents(node);
  change({{place->directory, place->name, node, nullptr}});
  return {};
}

/// One change for each name, as it is on a real disk: a crash may find some of them undone.
void MemoryTree::remove_contents(const MemoryNodeHandle& directory) {
  const auto names = directory->names;
  for (const auto& [name, node] : names) {
    if (node->is_directory) remove_contents(node);
    change({{directory, name, node, nullptr}});
  }
}

Result<> MemoryTree::sync_directory(std::string_view path) {
  const auto directory = find(path);
  if (!directory || !directory->is_directory) return fail(Error::file_not_found);
  for (auto& change : pending_) change.unsynced.erase(directory.get());
  make_durable([](const Change& change) { return change.unsynced.empty(); });
  return {};
}

void MemoryTree::sync_path(std::string_view path) {
  auto directory = root(path);
  for (const auto part : components(path)) {
    make_durable([&](const Change& change) {
      return std::ranges::any_of(change.effects, [&](const Effect& effect) {
        return effect.directory == directory && effect.name == part;
      });
    });
    directory = child(*directory, part);
    assert(directory);
  }
}

void MemoryTree::change(std::vector<Effect> effects) {
  Change change;
  for (const auto& effect : effects) {
    set_name(effect.directory->names, effect.name, effect.after);
    if (effect.before) --effect.before->links;
    if (effect.after) ++effect.after->links;
    change.unsynced.insert(effect.directory.get());
  }
  for (const auto& effect : effects) {
    const auto* const lost = effect.before.get();
    if (lost && lost->links == 0 && lost->handles == 0) used_bytes_ -= lost->space();
  }
  change.effects = std::move(effects);
  pending_.push_back(std::move(change));
}

/// Makes the changes that are wanted durable, and the earlier ones that they depend on.
void MemoryTree::make_durable(const std::function<bool(const Change&)>& wanted) {
  Touched touched;
  std::vector<bool> settles(pending_.size());
  for (auto i = pending_.size(); i-- > 0;) {
    settles[i] = wanted(pending_[i]) || touched.shares(pending_[i]);
    if (settles[i]) touched.add(pending_[i]);
  }
  std::vector<Change> still_pending;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (!settles[i]) {
      still_pending.push_back(std::move(pending_[i]));
      continue;
    }
    for (const auto& effect : pending_[i].effects) {
      set_name(effect.directory->durable_names, effect.name, effect.after);
    }
  }
  pending_ = std::move(still_pending);
}

void MemoryTree::close(MemoryNode& node) {
  assert(node.handles > 0);
  --node.handles;
  if (node.links == 0 && node.handles == 0) used_bytes_ -= node.space();
}

void MemoryTree::write(MemoryNode& node, std::uint64_t position, base::ByteView bytes) {
  used_bytes_ -= node.space();
  node.file.write(position, bytes);
  used_bytes_ += node.space();
}

void MemoryTree::truncate(MemoryNode& node, std::uint64_t size) {
  used_bytes_ -= node.space();
  node.file.truncate(size);
  node.reserved = std::min(node.reserved, size);
  used_bytes_ += node.space();
}

void MemoryTree::reserve(MemoryNode& node, std::uint64_t size) {
  used_bytes_ -= node.space();
  node.reserved = std::max(node.reserved, size);
  used_bytes_ += node.space();
}

void MemoryTree::replace(MemoryNode& node, base::Bytes bytes) {
  used_bytes_ -= node.space();
  node.file.replace(std::move(bytes));
  used_bytes_ += node.space();
}

void MemoryTree::lose_power(Dice& dice) {
  // None, all, or some of the changes.
  const auto fate = dice.below(4);
  Touched dropped;
  std::vector<bool> keeps(pending_.size());
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const bool chosen = fate == 0 ? false : fate == 1 ? true : dice.one_in(2);
    keeps[i] = chosen && !dropped.shares(pending_[i]);
    if (!keeps[i]) dropped.add(pending_[i]);
  }
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (!keeps[i]) continue;
    for (const auto& effect : pending_[i].effects) {
      set_name(effect.directory->durable_names, effect.name, effect.after);
    }
  }
  pending_.clear();

  const auto forget = [&](const std::string&, const MemoryNodeHandle& node) {
    node->names = node->durable_names;
    node->reserved = 0;
    if (!node->is_directory) node->file.lose_power(dice);
  };
  for (const auto& root : {absolute_, relative_}) {
    root->names = root->durable_names;
    walk(root, "", forget);
  }
  take_stock();
}

void MemoryTree::kill_process() { take_stock(); }

/// Counts what is there anew: files without a name are gone with their handles.
void MemoryTree::take_stock() {
  used_bytes_ = 0;
  const auto count = [&](const std::string&, const MemoryNodeHandle& node) {
    node->links = 1;
    node->handles = 0;
    used_bytes_ += node->space();
  };
  walk(absolute_, "", count);
  walk(relative_, "", count);
}

}  // namespace iggy::runtime
