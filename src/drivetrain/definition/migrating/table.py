"""What is asked of Azure in Python, in shell and in job files, and how far it is served here.

docs/azure/migrate.md shows these tables; a test holds the page against them.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Something that a file may name, and what to know of it."""

    served: bool
    """False: it cannot work here. True: it works in part, or after some preparation."""
    about: str
    hint: str = ""


_LATER = "keep that job on real Azure: `executor: azureml`, or a service connection that is marked as real"
_KEPT = "they are kept and shown, and nothing is served from them yet"
_REAL = "it goes to real Azure: it needs a service connection that is marked as real"

MODULES: dict[str, Entry] = {
    "azure.ai.ml.automl": Entry(False, "AutoML jobs", _LATER),
    "azure.ai.ml.dsl._do_while": Entry(False, "loops in pipeline jobs", _LATER),
    "azure.keyvault": Entry(False, "a client of Azure Key Vault", "AzureKeyVault@2 reads a vault that is kept here"),
    "azure.mgmt": Entry(False, "management of Azure resources", _REAL),
    "azure.cosmos": Entry(False, "a client of Azure Cosmos DB", _REAL),
    "azure.data.tables": Entry(False, "a client of Azure Table Storage", _REAL),
    "azure.eventhub": Entry(False, "a client of Azure Event Hubs", _REAL),
    "azure.servicebus": Entry(False, "a client of Azure Service Bus", _REAL),
    "azure.monitor": Entry(False, "a client of Azure Monitor", _REAL),
    "azure.storage.filedatalake": Entry(False, "a client of Data Lake Storage", "azure-storage-blob works here"),
    "azure.storage.queue": Entry(False, "a client of Azure Queue Storage", _REAL),
    "azure.storage.fileshare": Entry(False, "a client of Azure Files", "azure-storage-blob works here"),
    "azureml.automl": Entry(False, "AutoML of SDK v1", _LATER),
    "azureml.train.automl": Entry(False, "AutoML of SDK v1", _LATER),
    "azureml.train.hyperdrive": Entry(False, "HyperDrive of SDK v1", "write it as a sweep job of SDK v2"),
    "azureml.train.dnn": Entry(False, "estimators of SDK v1", "use ScriptRunConfig"),
    "azureml.train.sklearn": Entry(False, "estimators of SDK v1", "use ScriptRunConfig"),
    "azureml.train.estimator": Entry(False, "estimators of SDK v1", "use ScriptRunConfig"),
    "azureml.pipeline": Entry(False, "pipelines of SDK v1", "write it as a pipeline job of SDK v2"),
    "azureml.contrib": Entry(False, "contributed packages of SDK v1", _LATER),
    "azureml.datadrift": Entry(False, "data drift monitors of SDK v1", _LATER),
    "azureml.interpret": Entry(False, "explanations uploaded by SDK v1", "log them as artifacts"),
    "azureml.opendatasets": Entry(False, "open datasets, which lie on Azure", "keep a copy with the repository"),
    "azureml.widgets": Entry(True, "widgets for notebooks", "`run.wait_for_completion(show_output=True)` says as much"),
    "azureml.core.webservice": Entry(True, "deployments by SDK v1", "write them as online endpoints of SDK v2"),
    "azureml.core.image": Entry(False, "images of SDK v1", "deploy the model without making an image"),
    "azureml.dataprep": Entry(True, "datasets by a package that works with Azure's storage", "read files instead"),
}
"""By the module that is imported, or the beginning of its name."""

NAMES: dict[str, Entry] = {
    "azure.ai.ml.parallel": Entry(False, "parallel steps of pipeline jobs", _LATER),
    "azure.ai.ml.spark": Entry(False, "Spark jobs", _LATER),
    "azure.ai.ml.entities.FeatureStore": Entry(False, "feature stores", _LATER),
    "azure.ai.ml.entities.FeatureSet": Entry(False, "feature stores", _LATER),
    "azure.ai.ml.entities.KubernetesCompute": Entry(False, "computes on Kubernetes", "use an AmlCompute of any name"),
    "azure.ai.ml.entities.SynapseSparkCompute": Entry(False, "computes of Synapse Spark", _LATER),
    "azure.ai.ml.entities.BatchEndpoint": Entry(True, "batch endpoints", _KEPT),
    "azure.ai.ml.entities.BatchDeployment": Entry(True, "deployments of batch endpoints", _KEPT),
    "azure.ai.ml.entities.ModelBatchDeployment": Entry(True, "deployments of batch endpoints", _KEPT),
    "azureml.core.Webservice": Entry(True, "deployments by SDK v1", "write them as online endpoints of SDK v2"),
}
"""By the name that is imported from a module."""

SCHEMAS: dict[str, Entry] = {
    "autoMLJob": Entry(False, "AutoML jobs", _LATER),
    "sparkJob": Entry(False, "Spark jobs", _LATER),
    "sparkComponent": Entry(False, "Spark components", _LATER),
    "parallelComponent": Entry(False, "parallel components", _LATER),
    "featureStore": Entry(False, "feature stores", _LATER),
    "featureSet": Entry(False, "feature stores", _LATER),
    "batchEndpoint": Entry(True, "batch endpoints", _KEPT),
    "batchDeployment": Entry(True, "deployments of batch endpoints", _KEPT),
    "modelBatchDeployment": Entry(True, "deployments of batch endpoints", _KEPT),
    "kubernetesOnlineDeployment": Entry(True, "deployments on Kubernetes", "they run on this machine"),
    "kubernetesCompute": Entry(False, "computes on Kubernetes", "use an AmlCompute of any name"),
}
"""By the beginning of the name of the file at the end of `$schema`."""

AZ_GROUPS: dict[str, Entry | None] = {
    "account": None,
    "cloud": None,
    "config": None,
    "configure": None,
    "devops": None,
    "extension": Entry(True, "extensions of the Azure CLI", "`az ml` and `az pipelines` answer here without them"),
    "group": Entry(True, "resource groups", "they need not be made here: `az group create` can be left out"),
    "login": None,
    "logout": None,
    "ml": None,
    "pipelines": None,
    "rest": Entry(True, "any REST call", "what it calls may not be there"),
    "storage": Entry(True, "storage", "blobs of a workspace's account work; accounts are made with it"),
    "version": None,
    "--version": None,
    "keyvault": Entry(False, "Azure Key Vault", "AzureKeyVault@2 reads a vault that is kept here"),
}
"""By the first word after `az`; None for what works. What is not here goes to real Azure."""

OTHER_GROUP = Entry(False, "a service that is not kept here", _REAL)
