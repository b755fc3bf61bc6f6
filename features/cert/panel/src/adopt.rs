//! Rows of certificates made from what the server holds.

use api_kit::ApiError;
use cert_spec::CertificateSpec;
use converge::Wanted;
use desired::Adopt;
use store::WriteTx;

use crate::chain::Chain;
use crate::store::certificate::{self, New, Row, Source};

/// See [`desired::Object::adopt`].
pub(crate) async fn certificate(
    tx: &mut WriteTx,
    adopt: &Adopt<'_, CertificateSpec>,
) -> Result<(), ApiError> {
    let (id, now) = (*adopt.id, adopt.now);
    let row = certificate::unscoped(tx, &id.to_string()).await?;
    let spec = match (adopt.held, &row) {
        (Wanted::Absent, None) => return Ok(()),
        (Wanted::Absent, Some(_)) => return Ok(certificate::set_deleted(tx, id, Some(now), now).await?),
        (Wanted::Present(spec), _) => spec,
    };
    let chain = match &spec.issued {
        None => None,
        Some(issued) => Some(read(issued)?),
    };
    match row {
        Some(row) => known(tx, &row, spec, chain.as_ref(), adopt).await,
        None => unknown(tx, spec, chain.as_ref(), adopt).await,
    }
}

fn read(issued: &cert_spec::Issued) -> Result<Chain, ApiError> {
    let ders: Vec<Vec<u8>> = issued.chain.iter().map(|der| der.bytes().to_vec()).collect();
    Chain::from_ders(&ders).map_err(|error| {
        ApiError::conflict(
            "not_adoptable",
            format!("The chain that the server holds cannot be read: {error}."),
        )
    })
}

/// What an authority issued stays renewed by it; a chain is never replaced by none.
async fn known(
    tx: &mut WriteTx,
    row: &Row,
    spec: &CertificateSpec,
    chain: Option<&Chain>,
    adopt: &Adopt<'_, CertificateSpec>,
) -> Result<(), ApiError> {
    let now = adopt.now;
    match chain {
        Some(chain) => certificate::set_issued(tx, row.id, chain, now).await?,
        None if row.source == Source::Brought => {
            let detail = "The server holds a certificate that signs itself, and here is one that was brought. Keep this one.";
            return Err(ApiError::conflict("not_adoptable", detail));
        }
        None => {}
    }
    certificate::set_names(tx, row, &spec.names, now).await?;
    Ok(certificate::set_deleted(tx, row.id, None, now).await?)
}

async fn unknown(
    tx: &mut WriteTx,
    spec: &CertificateSpec,
    chain: Option<&Chain>,
    adopt: &Adopt<'_, CertificateSpec>,
) -> Result<(), ApiError> {
    let Some(name) = &spec.account else {
        return Err(ApiError::conflict("not_adoptable", "The server's own certificates have no row here."));
    };
    let Some(account) = certificate::account_of_name(tx, name).await? else {
        let detail = format!("The account {name} is not known here. Decide about it first.");
        return Err(ApiError::conflict("dependency_unknown", detail));
    };
    let new = New {
        id: *adopt.id,
        account,
        site: None,
        key_kind: chain.map(Chain::kind).unwrap_or_default(),
        names: &spec.names,
        brought: chain,
    };
    if certificate::insert(tx, &new, adopt.now).await? {
        return Ok(());
    }
    Err(ApiError::conflict("dependency_unknown", format!("The account {name} is being removed.")))
}
