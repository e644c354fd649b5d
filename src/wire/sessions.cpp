// The codecs and limits of the commands about sessions.
#include "wire/sessions.hpp"

#include "wire/described_codec.hpp"

namespace iggy::wire {

template struct Codec<LoginUser>;
template struct Codec<UserIdentity>;
template struct Codec<LogoutUser>;
template struct Codec<GetMe>;
template struct Codec<Client>;
template struct Codec<ClientDetails>;

Result<> validate(const LoginUser& request) {
  const auto name_size = request.username.text().size();
  if (name_size < username_size_min || name_size > username_size_max) {
    return fail(Error::invalid_username);
  }
  const auto password_size = request.password.text().size();
  if (password_size < password_size_min || password_size > password_size_max) {
    return fail(Error::invalid_password);
  }
  return {};
}

}  // namespace iggy::wire
