#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), crate::STATEMENTS).await;
}

use store::Store;

use crate::{
    Actor, Authorised, Key, ManagePersons, OnOrganisation, OrganisationRef, own_organisation, person,
};

/// Root's proof for the root of the tree.
pub(crate) async fn root_of<P: OnOrganisation>(store: &Store) -> Authorised<OrganisationRef, P> {
    store.read(async |tx| own_organisation(tx, &Actor::root()).await).await.unwrap()
}

/// Root's proof for a person.
pub(crate) async fn the_person(
    store: &Store,
    id: names::PersonId,
) -> Authorised<person::Person, ManagePersons> {
    store.read(async |tx| person::find(tx, &Actor::root(), &Key::Id(id)).await).await.unwrap()
}

/// Whether an actor holds a permission on an account.
pub(crate) async fn may<P: crate::OnAccount>(
    store: &Store,
    actor: &Actor,
    account: names::AccountId,
) -> bool {
    store.read(async |tx| actor.may::<P>(tx, account).await).await.unwrap()
}
