// Login, logout, and who one is.
#pragma once

#include "broker/context.hpp"
#include "wire/sessions.hpp"

namespace iggy::broker {

/// Replaces the session's user; a failed login leaves it as it was. Errors: disconnected (the
/// server is stopping), invalid_username, invalid_password, invalid_credentials, user_inactive.
Task<Result<wire::UserIdentity>> login_user(Context context, wire::LoginUser request);
/// Errors: client_not_found (the user was deleted; the connection closes).
Task<Result<>> logout_user(Context context, wire::LogoutUser request);
/// Errors: client_not_found (the user was deleted; the connection closes).
Task<Result<wire::ClientDetails>> get_me(Context context, wire::GetMe request);

}  // namespace iggy::broker
