// What an UpdateApplication request makes of an application's document: every member but RunConfigurationUpdate.
#pragma once

#include <boost/json/object.hpp>

#include "service/api/application_document.h"

namespace sluice::service {

/// Writes the request's changes into `document`, a copy of the one in `stored`, whose row says the mode and the version
/// that the change starts from. The answer says whether a running job must be started anew to see them. New code is in
/// the application's code folder afterwards, under document->code_file, whether or not the change is kept.
Answer<bool> ChangeDocument(ServiceContext& context, const StoredApplication& stored,
                            const boost::json::object& request, VersionDocument* document);

}  // namespace sluice::service
