"""What is offered: public service, channel, life event, requirement, evidence, cost, synonym, revision."""
