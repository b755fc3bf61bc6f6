//! `/permissions`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, List};
use auth::PermissionId;
use desired::{Access, Table};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn table() -> Table {
    Table::default().add(Access::SIGNED_IN, routes!(permission_list))
}

/// Something that may be allowed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Permission {
    /// Its name, as roles hold it.
    name: String,
    /// What it is about: `account` (can be held on a single account), `organisation` (reaches all below), or `system` (the root alone).
    reach: String,
    /// What it allows.
    what: String,
}

/// Every permission that there is.
#[utoipa::path(get, path = "/permissions", tag = "roles",
    responses((status = 200, description = "All permissions", body = List<Permission>), Problems))]
async fn permission_list(Caller(_actor): Caller) -> Result<Json<List<Permission>>, ApiError> {
    let view = |permission: &PermissionId| Permission {
        name: permission.as_str().to_owned(),
        reach: permission.reach().to_owned(),
        what: permission.words().to_owned(),
    };
    Ok(Json(List::whole(PermissionId::ALL.iter().map(view).collect())))
}
