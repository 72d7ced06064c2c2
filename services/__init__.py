"""The servers, one package each; `services.common` is what they share."""
