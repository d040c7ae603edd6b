"""Big Bang: its versions, the switches of its Istio packages, and the values they stand in. Pure."""
