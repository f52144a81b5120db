// An input channel of a task, as the task sees it.
#pragma once

#include <cstddef>

#include "engine/runtime/channel.h"

namespace sluice::engine {

class Node;

struct TaskInput {
  Channel* channel = nullptr;
  Node* node = nullptr;     // the node of the chain that reads it
  size_t node_channel = 0;  // what the channel is to the node
  int input = 0;            // which input of the node
  int producer = 0;         // subtask of the producing vertex
  bool ended = false;       // kEnd has come
  bool blocked = false;     // its barrier has come, others have not: not read
  bool recording = false;   // what comes belongs to an unaligned checkpoint
};

}  // namespace sluice::engine
