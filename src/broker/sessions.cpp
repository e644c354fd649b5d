// Login, logout, and who one is.
#include "broker/sessions.hpp"

#include "broker/password.hpp"
#include "runtime/held_permit.hpp"

namespace iggy::broker {

Task<Result<wire::UserIdentity>> login_user(Context context, wire::LoginUser request) {
  if (context.broker.here().is_stopping) co_return fail(Error::disconnected);
  if (const auto valid = wire::validate(request); !valid) co_return fail(valid);

  const auto* user = context.catalogue().find_user_by_name(request.username.text());
  if (user && user->status == UserStatus::inactive) co_return fail(Error::user_inactive);
  const auto id = user ? user->id : nobody;
  const auto incarnation = user ? user->incarnation : Incarnation{};
  // A stranger can't tell by the time it takes whether there is such a user.
  const auto hash = std::string(user ? user->password_hash : decoy_password_hash);
  auto& hashing = context.broker.here().hashing;
  if (const auto alone = co_await hashing.acquire(); !alone) co_return fail(alone);
  const runtime::HeldPermit held(hashing);
  const auto verified = co_await verify_password(request.password.text(), hash);
  if (!verified) co_return fail(verified);
  if (!*verified || id == nobody) co_return fail(Error::invalid_credentials);

  context.session.log_in(id, incarnation);
  co_return wire::UserIdentity{.user_id = id};
}

Task<Result<>> logout_user(Context context, wire::LogoutUser) {
  if (!context.user()) co_return fail(Error::client_not_found);
  context.session.log_out();
  co_return Result<>{};
}

Task<Result<wire::ClientDetails>> get_me(Context context, wire::GetMe) {
  if (!context.user()) co_return fail(Error::client_not_found);
  const auto& session = context.session;
  co_return wire::ClientDetails{.client = {.client_id = session.client_id,
                                           .user_id = session.user_id,
                                           .transport = session.transport,
                                           .address = session.address}};
}

}  // namespace iggy::broker
