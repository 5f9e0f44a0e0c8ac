// Swagger UI over the document of this server. A script of its own, because the page's policy
// lets no script stand inside it.
const docs = document.getElementById("docs");

SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.document,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  // The schemas stand with the calls that use them.
  defaultModelsExpandDepth: -1,
  tryItOutEnabled: true,
  // The document is shown, never sent to a validator elsewhere.
  validatorUrl: null,
});
