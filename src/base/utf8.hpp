// Is a text valid UTF-8?
#pragma once

#include <string_view>

namespace iggy::base {

/// True if `text` is UTF-8 without overlong forms, surrogates or code points above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace iggy::base
